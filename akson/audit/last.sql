-- name: last_look
-- When somebody last opened a page of one patient, before the visit that goes on now.
-- in    $1 patient, $2 actor, $3 now, $4 what counts as a look, as the log names it, $5 pause that ends a visit
-- out   at, or null; looks further back than a year are as none
-- uses  primary key of access_log_patient
WITH look AS (
    SELECT p.at
      FROM access_log_patient p
      JOIN access_log l ON l.stream = p.stream AND l.seq = p.seq AND l.at = p.at
     WHERE p.patient = $1 AND p.at < $3 AND p.at > $3 - interval '1 year'
       AND l.actor_key = $2 AND l.outcome = 'permit'
       AND l.seen @> jsonb_build_array(jsonb_build_object('patient', $1::bigint, 'what', $4::text))
)
SELECT at FROM (SELECT at, lag(at, 1, $3) OVER (ORDER BY at DESC) AS later FROM look) AS paired
 WHERE later - at > $5 ORDER BY at DESC LIMIT 1;
