-- name: open_stream
-- Begin a stream of the log.
-- in    $1 stream, $2 instant
INSERT INTO access_stream (stream, opened) VALUES ($1, $2);

-- name: partitions_ahead
-- Make the partitions of this month and the next two.
-- in    $1 date
SELECT access_log_ahead($1);

-- name: append
-- Write every waiting row and its projection in one statement.
-- in    $1 stream, $2 the first row's sequence number; then a column each as array literal, unnested side by side (by places
--       each literal would be read again for every row): $19 patients as array literals, $20 seen as JSON texts; $21 leaves
WITH written AS (
    INSERT INTO access_log (stream, seq, at, actor_kind, actor_id, actor_key, actor_name, actor_role, unit, unit_name,
                            controller, controller_name, signed_in, purpose, screen, request, outcome, reason,
                            patients, seen, leaf)
    SELECT $1, u.seq, u.at, u.actor_kind, u.actor_id, u.actor_key, u.actor_name, u.actor_role, u.unit, u.unit_name,
           u.controller, u.controller_name, u.signed_in, u.purpose, u.screen, u.request, u.outcome, u.reason,
           u.patients::bigint[], u.seen::jsonb, u.leaf
      FROM (SELECT generate_series($2::bigint, $2 + cardinality($21::bytea[]) - 1) AS seq,
                   unnest($3::text::timestamptz[]) AS at, unnest($4::text::text[]) AS actor_kind,
                   unnest($5::text::text[]) AS actor_id, unnest($6::text::bigint[]) AS actor_key,
                   unnest($7::text::text[]) AS actor_name, unnest($8::text::text[]) AS actor_role,
                   unnest($9::text::bigint[]) AS unit, unnest($10::text::text[]) AS unit_name,
                   unnest($11::text::bigint[]) AS controller, unnest($12::text::text[]) AS controller_name,
                   unnest($13::text::text[]) AS signed_in, unnest($14::text::text[]) AS purpose,
                   unnest($15::text::text[]) AS screen, unnest($16::text::text[]) AS request,
                   unnest($17::text::text[]) AS outcome, unnest($18::text::text[]) AS reason,
                   unnest($19::text::text[]) AS patients, unnest($20::text::text[]) AS seen,
                   unnest($21::bytea[]) AS leaf) u
    RETURNING stream, seq, at, patients
)
INSERT INTO access_log_patient (patient, at, stream, seq)
SELECT unnest(patients), at, stream, seq FROM written;

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
