-- name: open_stream
-- Begin a stream of the log.
-- in    $1 stream, $2 instant
INSERT INTO access_stream (stream, opened) VALUES ($1, $2);

-- name: partitions_ahead
-- Make the partitions of this month and the next two.
-- in    $1 date
SELECT access_log_ahead($1);

-- name: append
-- Write every waiting row and its projection in one statement; see migrations/0095_fewer_columns.sql.
-- in    $1 stream, $2 number of the first row; as array literals of texts $3 those who act, $4 the rows, $5 what each has seen
SELECT access_append_v2($1, $2, $3::text::text[], $4::text::text[], $5::text::text[]);

-- name: open_streams
-- The streams that may have rows without a seal.
-- in    $1 opened since, null for all
-- out   stream, upto_seq (0 when nothing is sealed), and the last seal's own columns, null when there is none
SELECT s.stream, coalesce(l.upto_seq, 0) AS upto_seq, l.from_seq, l.at, l.root, l.previous, l.signature, l.key_id
  FROM access_stream s
  LEFT JOIN LATERAL (SELECT * FROM access_seal a WHERE a.stream = s.stream ORDER BY a.from_seq DESC LIMIT 1) l ON true
 WHERE $1::timestamptz IS NULL OR s.opened >= $1
 ORDER BY s.stream;

-- name: unsealed
-- The leaves after a sequence number, at most $3 of them.
-- in    $1 stream, $2 seq, $3 limit
SELECT seq, leaf FROM access_log WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT $3;

-- name: add_seal
-- Keep one seal; nothing happens if another process has just sealed from the same row.
INSERT INTO access_seal (stream, from_seq, upto_seq, at, root, prints, previous, signature, key_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING;

-- name: seals_since
-- What is handed to a witness.
-- in    $1 instant
SELECT stream, from_seq, upto_seq, at, root, previous, signature, key_id
  FROM access_seal WHERE at >= $1 ORDER BY at, stream, from_seq;

-- name: looked_at
-- The newest rows of the log that concern one person; all of the last instant, so that the next page loses none.
-- in    $1 patient, $2 before (instant), $3 limit
-- uses  primary key of access_log_patient
SELECT l.stream, l.seq, l.at, l.actor_kind, l.actor_id, l.actor_key, l.actor_name, l.actor_role, l.unit, l.unit_name,
       l.controller_name, l.purpose, l.screen, l.outcome, l.reason, l.seen
  FROM access_log_patient p
  JOIN access_log l ON l.stream = p.stream AND l.seq = p.seq AND l.at = p.at
 WHERE p.patient = $1 AND p.at < $2
 ORDER BY p.at DESC
 FETCH FIRST ($3::bigint) ROWS WITH TIES;

-- name: looked_at_by
-- The newest rows of the log that concern one person and were left by another between two instants, both included; all of
-- the last instant.
-- in    $1 patient, $2 who, as the log names actors, $3 since, $4 until, $5 limit
-- uses  primary key of access_log_patient
SELECT l.stream, l.seq, l.at, l.actor_kind, l.actor_id, l.actor_key, l.actor_name, l.actor_role, l.unit, l.unit_name,
       l.controller_name, l.purpose, l.screen, l.outcome, l.reason, l.seen
  FROM access_log_patient p
  JOIN access_log l ON l.stream = p.stream AND l.seq = p.seq AND l.at = p.at
 WHERE p.patient = $1 AND p.at >= $3 AND p.at <= $4 AND l.actor_id = $2
 ORDER BY p.at DESC
 FETCH FIRST ($5::bigint) ROWS WITH TIES;
