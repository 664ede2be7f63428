-- name: wait
-- Take the rows of some conditions, in order, until the transaction ends; wait for whoever holds one.
-- in   $1 keys, $2 now
INSERT INTO condition (key, at) SELECT k, $2 FROM unnest($1::bigint[]) AS k ORDER BY k
    ON CONFLICT (key) DO UPDATE SET at = excluded.at;

-- name: clean
-- Forget what is of no use any more.
-- in   $1 conditions before, $2 answers before
WITH old AS (DELETE FROM condition WHERE at < $1)
DELETE FROM idempotency WHERE at < $2;

-- name: claim
-- Take a key; waits for whoever is using it.
-- in   $1 key, $2 request, $3 now
-- out  a row when it was free
INSERT INTO idempotency (key, request, at, results) VALUES ($1, $2, $3, '[]') ON CONFLICT (key) DO NOTHING RETURNING key;

-- name: claimed
-- What a key was used for.
SELECT request, results FROM idempotency WHERE key = $1;

-- name: keep
-- What became of it.
UPDATE idempotency SET results = $2 WHERE key = $1;
