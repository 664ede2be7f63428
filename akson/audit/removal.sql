-- name: ended
-- The oldest streams that may go: none of their rows is of the instant or later, and nobody they tell of is on hold.
-- Each is looked for in the log only when all before it were found, and by its key.
-- in    $1 instant, $2 how many
-- out   stream, opened, month (the first instant of it, UTC), rows (that its seals cover)
WITH held AS MATERIALIZED (
  SELECT DISTINCT p.stream FROM hold h JOIN access_log_patient p ON p.patient = h.owner AND p.at < $1 WHERE h.ended IS NULL
)
SELECT o.stream, o.opened, date_trunc('month', o.opened, 'UTC') AS month,
       coalesce((SELECT a.upto_seq FROM access_seal a WHERE a.stream = o.stream ORDER BY a.from_seq DESC LIMIT 1), 0) AS rows
  FROM (SELECT s.stream, s.opened FROM access_stream s
         WHERE s.opened < $1
           AND NOT EXISTS (SELECT FROM (SELECT unnest(r.streams) AS stream FROM access_removal r) g WHERE g.stream = s.stream)
           AND NOT EXISTS (SELECT FROM held WHERE held.stream = s.stream)
         ORDER BY s.opened, s.stream OFFSET 0) o
 WHERE (SELECT l.stream FROM access_log l WHERE l.stream = o.stream AND l.at >= $1 LIMIT 1) IS NULL
 ORDER BY o.opened, o.stream LIMIT $2;

-- name: last
-- The last removal.
SELECT number, at, before, cardinality(streams) AS streams, digests, previous, signature
  FROM access_removal ORDER BY number DESC LIMIT 1;

-- name: remove
-- Note that streams are taken away; see migrations/0055_log_batches.sql. Only akson_eraser may, as the next two.
-- in    $1 number, $2 instant, $3 before, $4 streams, $5 rows of each, $6 digests, $7 previous, $8 signature, $9 key
-- out   false when another process is at it or has done so already
SELECT access_remove_v2($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: remove_rows
-- Take away some rows of one stream of a removal, in the same transaction.
-- in    $1 number of the removal, $2 stream, $3 first row, $4 last row
SELECT access_remove_rows_v1($1, $2, $3, $4);

-- name: months
-- The months before an instant that have a partition of their own, the oldest first.
SELECT month FROM (
  SELECT DISTINCT to_date(right(c.relname, 7), 'YYYY_MM') AS month
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent IN ('access_log'::regclass, 'access_log_patient'::regclass) AND c.relname ~ '_[0-9]{4}_[0-9]{2}$') m
 WHERE month + interval '1 month' <= $1::timestamptz AT TIME ZONE 'UTC' ORDER BY month;

-- name: drop
-- Drop the partition of a month, if little is left of it.
-- in    $1 month
-- out   false when somebody uses the log just now; NULL when too much is left: that was not tried
SELECT access_drop_v2($1);
