-- name: take
-- Take a lot of a client's minute. Minutes long gone are forgotten with it; those just past are kept, as another
-- server's clock may still stand in one.
-- in  $1 client, $2 minute, $3 how many, $4 how many there are in all
-- out taken so far with these, the last of which may be more than there are; no row when all were taken before
WITH over AS (DELETE FROM client_rate WHERE client = $1 AND minute_at < $2::timestamptz - interval '5 minutes')
INSERT INTO client_rate AS c (client, minute_at, taken) VALUES ($1, $2, $3)
    ON CONFLICT (client, minute_at) DO UPDATE SET taken = c.taken + $3 WHERE c.taken < $4
RETURNING taken;
