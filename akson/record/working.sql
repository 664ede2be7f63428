-- name: working
-- Who works at some units, and some practitioners wherever they work: one row per employment.
-- in   $1 units, $2 owner keys of practitioners, $3 type code of Practitioner
-- uses indexes fact_unit, fact_person
SELECT p.owner, r.id, p.data::json -> 'value' ->> 'name' AS name, e.data, e.unit,
       (SELECT b.data FROM fact b WHERE b.owner = (e.data::json #>> '{value,rests}')::bigint AND b.kind = 'employment'
          AND b.person = e.person LIMIT 1) AS base,
       u.data::json -> 'value' ->> 'name' AS unit_name
  FROM fact e
  JOIN fact p ON p.owner = e.person AND p.kind = 'professional'
  JOIN resource r ON r.owner = p.owner AND r.type = $3 AND NOT r.deleted
  LEFT JOIN fact u ON u.owner = e.unit AND u.kind = 'unit'
 WHERE e.kind = 'employment'
   AND ((e.unit <> 0 AND e.unit = ANY ($1::bigint[])) OR (e.person <> 0 AND e.person = ANY ($2::bigint[])));

-- name: places
-- Some units and what they are part of, by name.
-- in   $1 units, $2 type code of Organization
SELECT u.owner, r.id, u.data::json -> 'value' ->> 'name' AS name, u.unit AS parent
  FROM fact u
  JOIN resource r ON r.owner = u.owner AND r.type = $2 AND NOT r.deleted
 WHERE u.kind = 'unit'
   AND u.owner IN (SELECT unnest($1::bigint[]) UNION SELECT p.unit FROM fact p WHERE p.kind = 'unit' AND p.owner = ANY ($1::bigint[]));

-- name: posts
-- Who works at some units, or at what they are part of, and some practitioners wherever they work: one row per employment.
-- in   $1 units, $2 owner keys of practitioners, $3 type code of Practitioner
-- uses indexes fact_unit, fact_person
SELECT p.owner AS person, r.id, p.data::json -> 'value' ->> 'name' AS name, e.data,
       (SELECT b.data FROM fact b WHERE b.owner = (e.data::json #>> '{value,rests}')::bigint AND b.kind = 'employment'
          AND b.person = e.person LIMIT 1) AS base,
       e.unit, h.owner AS home, h.id AS home_id, h.data::json -> 'value' ->> 'name' AS home_name
  FROM fact e
  JOIN fact p ON p.owner = e.person AND p.kind = 'professional'
  JOIN resource r ON r.owner = p.owner AND r.type = $3 AND NOT r.deleted
  JOIN fact u ON u.owner = e.unit AND u.kind = 'unit'
  JOIN fact h ON h.owner = coalesce(nullif(u.unit, 0), u.owner) AND h.kind = 'unit'
 WHERE e.kind = 'employment'
   AND ((e.unit <> 0 AND (e.unit = ANY ($1::bigint[])
                          OR e.unit IN (SELECT t.unit FROM fact t WHERE t.kind = 'unit' AND t.owner = ANY ($1::bigint[]))))
        OR (e.person <> 0 AND e.person = ANY ($2::bigint[])));
