-- name: waiting
-- What waits for one member of staff: open tasks of the unit or the person, and drafts.
-- in  $1 unit, $2 person, $3 open states
SELECT (SELECT count(*) FROM worklist
         WHERE ((unit = $1 AND unit <> 0 AND person IN (0, $2)) OR (person = $2 AND person <> 0))
           AND kind = 'task' AND state = ANY ($3::text[])) AS tasks,
       (SELECT count(*) FROM draft WHERE person = $2 AND person <> 0) AS drafts;

-- name: reserve
-- Take the sending for oneself; true for the first who asks.
INSERT INTO sending (key, at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true;

-- name: led
SELECT led FROM sending WHERE key = $1;

-- name: keep
UPDATE sending SET led = $2 WHERE key = $1;

-- name: free
DELETE FROM sending WHERE key = $1;
