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

-- name: free
DELETE FROM sending WHERE key = $1;
