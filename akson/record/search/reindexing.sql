-- name: waiting
-- How many owners wait to be indexed anew.
SELECT count(*) FROM reindex;

-- name: take
-- One owner that waits, locked against writes and against others who index; nothing when none is left.
WITH next AS (SELECT x.owner FROM reindex x ORDER BY x.owner LIMIT 1 FOR UPDATE SKIP LOCKED),
     locked AS (SELECT o.owner FROM owner o JOIN next n ON n.owner = o.owner FOR NO KEY UPDATE OF o)
DELETE FROM reindex x USING next n WHERE x.owner = n.owner
RETURNING x.owner, (SELECT count(*) FROM locked);

-- name: current
-- The current resources of one owner after a type and id, with their bodies.
-- in   $1 owner, $2 type, $3 id, $4 how many
SELECT r.owner, r.type, r.id, r.version, r.last_updated, v.body
  FROM resource r
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
 WHERE r.owner = $1 AND NOT r.deleted AND v.body IS NOT NULL AND (r.type, r.id) > ($2, $3)
 ORDER BY r.type, r.id LIMIT $4;

-- name: index
-- See migrations/0023_parameters.sql.
SELECT journal_index_v3($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
  $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38);
