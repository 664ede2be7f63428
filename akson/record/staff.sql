-- name: employments
-- Everything a practitioner is employed as, with names of person, unit and data controller.
-- in  array literals: $1 systems of practitioners' identifiers, $2 systems of persons', $3 the numbers of those asked for
-- uses index fact_person, which holds no fact of nobody: without <> 0 all facts there are were read in each request
SELECT p.value AS number, p.owner AS person, e.unit, e.data, own.owner AS own,
       (SELECT f.data::json -> 'value' ->> 'name' FROM fact f WHERE f.owner = p.owner AND f.kind = 'professional') AS name,
       u.data::json -> 'value' ->> 'name' AS unit_name,
       u.id AS unit_id, nullif(u.unit, 0) AS controller,
       (SELECT c.data::json -> 'value' ->> 'name' FROM fact c WHERE c.owner = u.unit AND c.kind = 'unit') AS controller_name
  FROM unnest($1::text::text[]) AS k (system) CROSS JOIN unnest($3::text::text[]) AS n (value)
 CROSS JOIN LATERAL (SELECT * FROM person_identifier p WHERE p.system = k.system AND p.value = n.value OFFSET 0) p
 CROSS JOIN LATERAL (SELECT * FROM fact e WHERE e.person = p.owner AND e.person <> 0 AND e.kind = 'employment' OFFSET 0) e
  LEFT JOIN LATERAL (SELECT * FROM fact u WHERE u.owner = e.unit AND u.kind = 'unit' OFFSET 0) u ON true
  LEFT JOIN LATERAL (SELECT i.owner FROM unnest($2::text::text[]) AS k (system)
                      CROSS JOIN LATERAL (SELECT * FROM person_identifier i
                                           WHERE i.system = k.system AND i.value = p.value AND i.owner <> 0 OFFSET 0) i
                      OFFSET 0) own ON true;

-- name: employed
-- What one person is employed as at one unit.
SELECT data FROM fact WHERE person = $1 AND person <> 0 AND kind = 'employment' AND unit = $2;

-- name: citizen
-- The person a national identifier belongs to, unless they have taken their own access away (access/stopping.py).
SELECT p.owner, o.type, r.id, f.data::json -> 'value' ->> 'name' AS name, f.data::json -> 'value' ->> 'birth_date' AS born
  FROM person_identifier p
  JOIN owner o ON o.owner = p.owner
  LEFT JOIN fact f ON f.owner = p.owner AND f.kind = 'person'
  JOIN resource r ON r.owner = p.owner AND r.type = o.type AND NOT r.deleted
 WHERE p.system = ANY ($1::text[]) AND p.value = $2
   AND NOT EXISTS (SELECT FROM fact s, jsonb (s.data::jsonb -> 'value' -> 'security') m
                    WHERE s.owner = p.owner AND s.kind = 'labelled' AND s.data::jsonb -> 'value' ->> 'type' = 'Consent'
                      AND m ? 'own-access-stopped' AND NOT m ? 'own-access-restored');
