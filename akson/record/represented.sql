-- name: represented
-- A person and all those who have let that person act for them, with what access must know of each.
-- in   $1 owner key of the person's own Patient
-- out  one row per record; controller: who answers for it, by the first unit that gives care
-- uses index fact_person
SELECT o.owner, o.type AS owner_type, o.facts_rev, o.facts, r.id, p.data::json -> 'value' ->> 'name' AS name,
       (SELECT c.data::json -> 'value' ->> 'name'
          FROM fact g
          JOIN fact u ON u.owner = g.unit AND u.kind = 'unit'
          JOIN fact c ON c.owner = coalesce(nullif(u.unit, 0), u.owner) AND c.kind = 'unit'
         WHERE g.owner = o.owner AND g.kind = 'relation' AND g.unit <> 0
         ORDER BY g.type, g.id, g.n LIMIT 1) AS controller
  FROM owner o
  JOIN resource r ON r.owner = o.owner AND r.type = o.type AND NOT r.deleted
  LEFT JOIN fact p ON p.owner = o.owner AND p.kind = 'person'
 WHERE o.owner = $1
    OR o.owner IN (SELECT f.owner FROM fact f WHERE f.person = $1 AND f.person <> 0 AND f.kind = 'representation');

-- name: representing
-- Those who may act for a person, each with the RelatedPerson or the Consent that says so.
-- in   $1 owner key of the person, $2 type codes of these
SELECT f.type, f.id, f.data::json ->> 'value' AS value,
       (SELECT p.data::json -> 'value' ->> 'birth_date' FROM fact p
         WHERE p.owner = f.person AND f.person <> 0 AND p.kind = 'person') AS born
  FROM fact f WHERE f.owner = $1 AND f.type = ANY ($2::smallint[]) AND f.kind = 'representation' ORDER BY f.person;
