-- name: rows
-- What the access log says between two instants, the first included; about one person, or about all when $3 is null.
-- in    $1 since, $2 until, $3 patient
SELECT stream, seq, at, actor_kind, actor_id, actor_name, actor_role, unit, unit_name, controller, controller_name, purpose,
       screen, outcome, reason, seen::text AS seen
  FROM access_log
 WHERE at >= $1 AND at < $2 AND ($3::bigint IS NULL OR patients @> ARRAY[$3::bigint])
 ORDER BY at, stream, seq;
