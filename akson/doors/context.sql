-- name: drafts
-- How many drafts someone has.
SELECT count(*) FROM draft WHERE person = $1 AND person <> 0;

-- name: reserve
-- Take the sending for oneself; true for the first who asks.
INSERT INTO sending (key, at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true;

-- name: led
SELECT led FROM sending WHERE key = $1;

-- name: keep
UPDATE sending SET led = $2 WHERE key = $1;

-- name: clean
-- Free sendings that a crash left behind, and forget those that nobody repeats any more.
-- in    $1 began before this without an end, $2 began before this
DELETE FROM sending WHERE (led IS NULL AND at < $1) OR at < $2;

-- name: free
DELETE FROM sending WHERE key = $1;
