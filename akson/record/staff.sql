-- name: employments
-- Everything a practitioner is employed as, with names of person, unit and data controller.
-- in  array literals: $1 systems of practitioners' identifiers, $2 systems of persons', $3 the numbers of those asked for
-- uses index fact_person, which holds no fact of nobody: without <> 0 all facts there are were read in each request
-- Their own record as a resident is found by any of their numbers, not only the one they are signed in with: that one's first.
-- A shift on call comes with the employment it rests on, when that is the same person's.
SELECT p.value AS number, p.owner AS person, e.unit, e.data,
       (SELECT b.data FROM fact b WHERE b.owner = (e.data::json #>> '{value,rests}')::bigint AND b.kind = 'employment'
          AND b.person = e.person LIMIT 1) AS base,
       own.owner AS own,
       (SELECT f.data::json -> 'value' ->> 'name' FROM fact f WHERE f.owner = p.owner AND f.kind = 'professional') AS name,
       u.data::json -> 'value' ->> 'name' AS unit_name,
       u.id AS unit_id, nullif(u.unit, 0) AS controller,
       (SELECT c.data::json -> 'value' ->> 'name' FROM fact c WHERE c.owner = u.unit AND c.kind = 'unit') AS controller_name
  FROM unnest($1::text::text[]) AS k (system) CROSS JOIN unnest($3::text::text[]) AS n (value)
 CROSS JOIN LATERAL (SELECT * FROM person_identifier p WHERE p.system = k.system AND p.value = n.value OFFSET 0) p
 CROSS JOIN LATERAL (SELECT * FROM fact e WHERE e.person = p.owner AND e.person <> 0 AND e.kind = 'employment' OFFSET 0) e
  LEFT JOIN LATERAL (SELECT * FROM fact u WHERE u.owner = e.unit AND u.kind = 'unit' OFFSET 0) u ON true
  LEFT JOIN LATERAL (SELECT i.owner FROM person_identifier q
                      CROSS JOIN unnest($2::text::text[]) AS k (system)
                      CROSS JOIN LATERAL (SELECT * FROM person_identifier i
                                           WHERE i.system = k.system AND i.value = q.value AND i.owner <> 0 OFFSET 0) i
                      WHERE q.owner = p.owner AND q.system = ANY ($1::text::text[])
                      ORDER BY q.value <> p.value, i.owner LIMIT 1) own ON true;

-- name: employed
-- What one person is employed as at one unit.
SELECT e.data,
       (SELECT b.data FROM fact b WHERE b.owner = (e.data::json #>> '{value,rests}')::bigint AND b.kind = 'employment'
          AND b.person = e.person LIMIT 1) AS base
  FROM fact e WHERE e.person = $1 AND e.person <> 0 AND e.kind = 'employment' AND e.unit = $2;

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

-- name: known
-- Who an attestation of another organisation is about and from, as far as they are known here: every owner that has the
-- number. Organisations by the search tokens of their numbers, who asks by the national and by the HPR number.
-- in   $1 systems of persons' numbers, $2 the same of practitioners', $3 the patient's number, $4 the number of who asks;
--      $5 what is named by a search token, $6 its token without a system, $7 with it
-- out  what: which of them; owners: their keys; id: of one of their resources
SELECT k.what, array_agg(k.owner) AS owners, min(r.id) AS id
  FROM (SELECT 'patient' AS what, p.owner FROM person_identifier p WHERE p.system = ANY ($1::text[]) AND p.value = $3
        UNION SELECT 'practitioner', p.owner FROM person_identifier p WHERE p.system = ANY ($2::text[]) AND p.value = $4
        UNION SELECT 'person', p.owner FROM person_identifier p WHERE p.system = ANY ($1::text[]) AND p.value = $4
        UNION SELECT n.what, t.owner FROM unnest($5::text[], $6::bigint[], $7::bigint[]) AS n (what, token, whole)
               CROSS JOIN LATERAL (SELECT * FROM search_token s WHERE s.token = n.token OFFSET 0) t
               WHERE t.named = (n.whole >> 32)::integer
                  OR (t.named = 0 AND EXISTS (SELECT FROM resource x WHERE x.owner = t.owner AND x.id = t.id
                                                 AND n.whole = ANY (x.tokens)))) k
  LEFT JOIN owner o ON o.owner = k.owner
  LEFT JOIN resource r ON r.owner = o.owner AND r.type = o.type
 WHERE k.owner <> 0
 GROUP BY k.what;
