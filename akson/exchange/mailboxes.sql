-- name: to_ask
-- The addresses of our units that are to be fetched for, but those that were refused lately.
-- in    $1 now, $2 lately
-- out   her_id bigint, before boolean: it was refused
SELECT a.her_id, r.her_id IS NOT NULL AS before FROM address a LEFT JOIN address_refused r ON r.her_id = a.her_id
 WHERE a.ours AND a.parent <> 0 AND (r.asked > $2 AND r.asked <= $1) IS NOT TRUE ORDER BY a.her_id;

-- name: refuse
-- Note that an address was refused.
-- in    $1 her_id, $2 now
-- out   whether it was not before
WITH before AS (SELECT FROM address_refused WHERE her_id = $1)
INSERT INTO address_refused (her_id, asked) VALUES ($1, $2) ON CONFLICT (her_id) DO UPDATE SET asked = excluded.asked
RETURNING NOT EXISTS (SELECT FROM before);

-- name: let_in
-- Note that addresses are not refused.
-- in    $1 bigint[]
-- out   her_id bigint: of those that were before
DELETE FROM address_refused WHERE her_id = ANY ($1::bigint[]) RETURNING her_id;

-- name: refused
-- How many are refused: one that is ours no more, or that nobody asks for any more, does not count.
-- in    $1 asked since then
SELECT count(*)::integer FROM address_refused r JOIN address a ON a.her_id = r.her_id
 WHERE a.ours AND a.parent <> 0 AND r.asked > $1;
