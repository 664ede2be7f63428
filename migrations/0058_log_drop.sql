-- While a month's partition is dropped, those who write the log wait for as long as the drop itself waits: for somebody who reads the log,
-- or a vacuum of that month. So it waits a tenth of a second and no more, and says whether it was tried: who calls stops there.

-- Drop a month's partition when little of it is left: that is put into the default partition. False when somebody uses the log just
-- now: then it may be tried later. NULL when too much stands there: nothing was locked. What stands is of streams that were not taken
-- away, and is found by them: what is gone would have to be waded through until it is vacuumed.
CREATE FUNCTION access_drop_v2(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
    SET lock_timeout = '100ms'
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_mergejoin = off
AS $$
DECLARE
    part text := to_char(month, '_YYYY_MM');
    after timestamptz := month + interval '1 month';
    standing bigint[];
    staying bigint;
BEGIN
    IF after > clock_timestamp() - interval '1 year' THEN
        RAISE EXCEPTION 'nothing of the last year is taken away';
    END IF;
    SELECT array_agg(DISTINCT few.stream), sum(few.told) INTO standing, staying FROM (
        SELECT s.stream, 1 + cardinality(l.patients) AS told
          FROM access_stream s
         CROSS JOIN LATERAL (SELECT h.patients FROM access_log h WHERE h.stream = s.stream AND h.at >= month AND h.at < after
                             OFFSET 0) l
         WHERE NOT EXISTS (SELECT FROM (SELECT unnest(r.streams) AS stream FROM access_removal r) g WHERE g.stream = s.stream)
         LIMIT 10001) few;
    IF staying > 10000 THEN  -- more would keep those who write waiting
        RETURN NULL;
    END IF;
    LOCK TABLE access_stream IN SHARE UPDATE EXCLUSIVE MODE;  -- in turn with access_log_ahead
    IF to_regclass('access_log_patient' || part) IS NOT NULL THEN
        EXECUTE format('ALTER TABLE access_log_patient DETACH PARTITION %I', 'access_log_patient' || part);
        EXECUTE format('INSERT INTO access_log_patient SELECT k.* FROM (
                            SELECT DISTINCT unnest(l.patients) AS patient, l.at, l.stream, l.seq FROM access_log l
                             WHERE l.stream = ANY ($1) AND l.at >= $2 AND l.at < $3) n
                         CROSS JOIN LATERAL (
                            SELECT p.* FROM %I p
                             WHERE p.patient = n.patient AND p.at = n.at AND p.stream = n.stream AND p.seq = n.seq OFFSET 0) k',
                       'access_log_patient' || part) USING standing, month::timestamptz, after;
        EXECUTE format('DROP TABLE %I', 'access_log_patient' || part);
    END IF;
    IF to_regclass('access_log' || part) IS NOT NULL THEN
        EXECUTE format('ALTER TABLE access_log DETACH PARTITION %I', 'access_log' || part);
        EXECUTE format('INSERT INTO access_log SELECT * FROM %I p WHERE p.stream = ANY ($1)', 'access_log' || part)
          USING standing;
        EXECUTE format('DROP TABLE %I', 'access_log' || part);
    END IF;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$;

DROP FUNCTION access_drop_v1;
REVOKE ALL ON FUNCTION access_drop_v2 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_drop_v2 TO akson_eraser;
