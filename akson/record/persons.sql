-- name: hold
-- Keep others from writing to the records of some persons until the transaction ends, as those who write do.
-- in   $1 systems, $2 values of their numbers (same length)
SELECT FROM owner o
 WHERE o.owner IN (SELECT p.owner FROM unnest($1::text[], $2::text[]) AS k (system, value)
                     JOIN person_identifier p ON p.system = k.system AND p.value = k.value)
 ORDER BY o.owner FOR NO KEY UPDATE OF o;

-- name: persons
-- The persons who have some numbers: what a decision about who they are needs, without the body, and their first names.
-- in   $1 systems, $2 values (same length), $3 type code of Patient, $4 the place of its given names among search values
-- uses index search_string_place
SELECT p.system, p.value, r.owner, r.type, r.id, r.version, r.sort_date, r.unit, r.author, r.labels, r.about, r.deleted,
       o.facts_rev, o.facts, o.type AS owner_type,
       ARRAY(SELECT s.value FROM search_string s
              WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (r.owner # (hashtext(r.id) & 2147483647))
                AND s.owner = r.owner AND s.id = r.id AND s.type = r.type AND s.slot = $4) AS given
  FROM unnest($1::text[], $2::text[]) AS k (system, value)
  JOIN person_identifier p ON p.system = k.system AND p.value = k.value
  JOIN owner o ON o.owner = p.owner
  JOIN resource r ON r.owner = p.owner AND r.type = $3 AND r.type = o.type AND NOT r.deleted;

-- name: hold_one
-- The same for one record.
-- in   $1 owner
SELECT FROM owner WHERE owner = $1 FOR NO KEY UPDATE;
