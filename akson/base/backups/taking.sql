-- name: segment
-- The segment of the log that is being written.
SELECT pg_walfile_name(pg_current_wal_lsn());

-- name: now
-- The time, by the database's clock.
SELECT clock_timestamp();

-- name: flushed
-- Whether the receiver behind a slot has the log up to a place.
-- in    $1 slot, $2 place in the log
-- out   done: it is on the receiver's disk
SELECT coalesce(bool_or(flush_lsn >= $2::text::pg_lsn), false) AS done
  FROM pg_stat_replication r JOIN pg_replication_slots s ON s.active_pid = r.pid
 WHERE s.slot_name = $1;

-- name: written
-- How far the log is written.
SELECT pg_current_wal_lsn()::text;

-- name: sending
-- Whether changes go to the receiver behind a slot.
-- in    $1 slot
SELECT coalesce(bool_or(r.state IN ('streaming', 'catchup') AND s.restart_lsn IS NOT NULL), false)
  FROM pg_stat_replication r JOIN pg_replication_slots s ON s.active_pid = r.pid
 WHERE s.slot_name = $1;
