-- name: plan
-- A job that is due when an entry is released to the citizen; one that is planned already stays.
-- in   $1 id, $2 consumer, $3 owner, $4 payload, $5 due
INSERT INTO job (bucket, id, consumer, owner, payload, due)
VALUES (($3::bigint & 63)::smallint, $1, $2, $3, $4, $5) ON CONFLICT DO NOTHING;

-- name: marked
-- What access asks of those of some owners whose records hold anything marked.
-- in    $1 owners
SELECT owner, type AS owner_type, facts_rev, facts FROM owner WHERE owner = ANY ($1::bigint[]) AND restricted;
