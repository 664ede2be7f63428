-- name: take
-- One owner that waits, locked against writes and against others who do this; nothing when none is left.
WITH next AS (SELECT x.owner FROM reproject x ORDER BY x.owner LIMIT 1 FOR UPDATE SKIP LOCKED),
     locked AS (SELECT o.owner FROM owner o JOIN next n ON n.owner = o.owner FOR NO KEY UPDATE OF o)
DELETE FROM reproject x USING next n WHERE x.owner = n.owner
RETURNING x.owner, (SELECT count(*) FROM locked);

-- name: person
-- The Patient that says who an owner is, as it stands. in   $1 owner
SELECT r.owner, r.type, r.id, r.version, r.last_updated, v.body, f.n
  FROM fact f
  JOIN resource r ON r.owner = f.owner AND r.type = f.type AND r.id = f.id AND r.deleted IS NOT TRUE
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
 WHERE f.owner = $1 AND f.kind = 'person' AND v.body IS NOT NULL;

-- name: put_away
-- in   $1 owner, $2 type, $3 id, $4 number
DELETE FROM fact WHERE owner = $1 AND type = $2 AND id = $3 AND n = $4;

-- name: put
-- in   $1 owner, $2 type, $3 id, $4 number, $5 the fact
INSERT INTO fact (owner, type, id, n, kind, data) VALUES ($1, $2, $3, $4, 'person', $5);

-- name: gather
-- All rows of an owner together, as a write gathers them. in   $1 owner
UPDATE owner o SET facts_rev = o.facts_rev + 1,
       facts = (SELECT coalesce('[' || string_agg(f.data, ',' ORDER BY f.type, f.id, f.n) || ']', '[]')
                  FROM fact f WHERE f.owner = $1)
 WHERE o.owner = $1;
