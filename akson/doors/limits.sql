-- name: take
-- Take a lot of a client's minute; the minutes before are forgotten with it.
-- in  $1 client, $2 minute, $3 how many
-- out taken in all
WITH over AS (DELETE FROM client_rate WHERE client = $1 AND minute_at < $2)
INSERT INTO client_rate AS c (client, minute_at, taken) VALUES ($1, $2, $3)
    ON CONFLICT (client, minute_at) DO UPDATE SET taken = c.taken + $3
RETURNING taken;
