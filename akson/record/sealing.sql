-- name: last
-- The last seal over chains.
SELECT number, at, cardinality(owners) AS links, root, previous, signature, key_id
  FROM chain_seal ORDER BY number DESC LIMIT 1;

-- name: unsealed
-- Links that stand under no seal.
-- in    $1 written since, null for all; $2 seals made since, null for all; $3 limit
-- uses  chain_at
WITH sealed AS (
  SELECT unnest(s.owners) AS owner, unnest(s.seqs) AS seq FROM chain_seal s WHERE $2::timestamptz IS NULL OR s.at >= $2
)
SELECT c.owner, c.seq, c.at, c.head FROM chain c LEFT JOIN sealed s ON s.owner = c.owner AND s.seq = c.seq
 WHERE ($1::timestamptz IS NULL OR c.at >= $1) AND s.owner IS NULL
 ORDER BY c.owner, c.seq LIMIT $3;

-- name: add
-- Keep one seal; nothing happens if another process has just made it.
INSERT INTO chain_seal (number, at, owners, seqs, prints, root, previous, signature, key_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING;

-- name: since
-- What is handed to a witness.
-- in    $1 instant
SELECT number, at, cardinality(owners) AS links, root, previous, signature, key_id
  FROM chain_seal WHERE at >= $1 ORDER BY number;
