-- name: waiting
-- How many owners wait to be indexed anew.
SELECT count(*) FROM reindex;

-- name: all_wait
-- Let the search values of every owner be made anew.
INSERT INTO reindex SELECT owner FROM owner ON CONFLICT DO NOTHING;

-- name: take
-- One owner that waits, locked against writes and against others who index; nothing when none is left.
WITH next AS (SELECT x.owner FROM reindex x ORDER BY x.owner LIMIT 1 FOR UPDATE SKIP LOCKED),
     locked AS (SELECT o.owner FROM owner o JOIN next n ON n.owner = o.owner FOR NO KEY UPDATE OF o)
DELETE FROM reindex x USING next n WHERE x.owner = n.owner
RETURNING x.owner, (SELECT count(*) FROM locked);
