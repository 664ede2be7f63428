-- name: begin
INSERT INTO export (id, actor, at, request, asked) VALUES ($1, $2, $3, $4, $5);

-- name: running
-- How many exports one who asks has that are not over.
SELECT count(*) FROM export WHERE actor = $1 AND NOT ended AND at > $2;

-- name: look
-- The export, when it is this actor's. `ready`: whatever could still be stamped up to its watermark has ended.
UPDATE export SET horizon = coalesce(horizon, pg_snapshot_xmax(pg_current_snapshot()))
 WHERE id = $1 AND actor = $2 AND NOT ended AND at > $3
RETURNING id, at, request, asked, files, pg_snapshot_xmin(pg_current_snapshot()) >= horizon AS ready;

-- name: listed
UPDATE export SET files = $2 WHERE id = $1 AND files IS NULL;

-- name: end
UPDATE export SET ended = true WHERE id = $1 AND actor = $2 AND NOT ended AND at > $3 RETURNING true;

-- name: clean
DELETE FROM export WHERE at < $1;

-- name: part
SELECT * FROM journal_export_v1($1, $2, $3, $4, $5, $6, $7, $8, $9);
