-- name: logged
-- What the log says of one request.
-- in    $1 request id
SELECT outcome, screen, patients::text AS patients, seen::text AS seen FROM access_log WHERE request = $1 ORDER BY stream, seq;
