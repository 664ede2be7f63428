-- name: reserve
-- Take the sending for oneself; true for the first who asks.
INSERT INTO sending (key, at, holder) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true;

-- name: led
SELECT led FROM sending WHERE key = $1;

-- name: carried
-- Keep where the sending led; no row is changed when another holds it by now, or has carried it out.
INSERT INTO sending (key, at, holder, led) VALUES ($1, $2, $3, $4)
    ON CONFLICT (key) DO UPDATE SET led = excluded.led WHERE sending.holder = excluded.holder AND sending.led IS NULL;

-- name: clean
-- Free sendings that a crash left behind, and forget those that nobody repeats any more.
-- in    $1 began before this without an end, $2 began before this
DELETE FROM sending WHERE (led IS NULL AND at < $1) OR at < $2;

-- name: free
DELETE FROM sending WHERE key = $1 AND holder = $2 AND led IS NULL;
