-- name: employed_at
-- Who works at some units, and some practitioners wherever they work, in the shape of `employments` (staff.sql).
-- in   $1 units, $2 owner keys of practitioners, $3 systems of persons' identifiers, $4 those of practitioners'
-- uses indexes fact_unit, fact_person
SELECT '' AS number, p.owner AS person, e.unit, e.data,
       (SELECT b.data FROM fact b WHERE b.owner = (e.data::json #>> '{value,rests}')::bigint AND b.kind = 'employment'
          AND b.person = e.person LIMIT 1) AS base,
       (SELECT i.owner FROM person_identifier n JOIN person_identifier i ON i.value = n.value AND i.system = ANY ($3::text[])
         WHERE n.owner = p.owner AND n.system = ANY ($4::text[]) AND i.owner <> 0 LIMIT 1) AS own,
       p.data::json -> 'value' ->> 'name' AS name, u.data::json -> 'value' ->> 'name' AS unit_name, u.id AS unit_id,
       nullif(u.unit, 0) AS controller,
       (SELECT c.data::json -> 'value' ->> 'name' FROM fact c WHERE c.owner = u.unit AND c.kind = 'unit') AS controller_name
  FROM fact e
  JOIN fact p ON p.owner = e.person AND p.kind = 'professional'
  JOIN fact u ON u.owner = e.unit AND u.kind = 'unit'
 WHERE e.kind = 'employment'
   AND ((e.unit <> 0 AND e.unit = ANY ($1::bigint[])) OR (e.person <> 0 AND e.person = ANY ($2::bigint[])));

-- name: persons
-- The Patient of each of some persons.
-- in   $1 owner keys, $2 type code of Patient
SELECT r.owner, r.id FROM resource r WHERE r.owner = ANY ($1::bigint[]) AND r.type = $2 AND NOT r.deleted;
