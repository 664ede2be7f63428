-- The end of the access log on a large installation: it went month by month in one statement, which counted every row of the month and
-- was cut off by the time any statement may take; so the same month was proven again each hour, and never went. Now it goes in batches
-- of streams, each a signed removal of its own in one transaction of short statements: the removal is written first, then its rows
-- go slice by slice, and nothing of it stands unless all of them went. What a removal is, is as in 0047_log_removal.sql.

-- Note what is taken away, before it goes; false when another process is at it or has done so already.
CREATE FUNCTION access_remove_v2(number bigint, at timestamptz, before timestamptz, streams bigint[], rows bigint[], digests bytea,
                                 previous bytea, signature bytea, key_id text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '500ms'
AS $$
#variable_conflict use_variable
BEGIN
    IF before > clock_timestamp() - interval '1 year' THEN
        RAISE EXCEPTION 'nothing of the last year is taken away';
    END IF;
    IF number <> (SELECT coalesce(max(r.number), 0) + 1 FROM access_removal r) THEN
        RETURN false;
    END IF;
    BEGIN  -- the number keeps another process away until this one has ended
        INSERT INTO access_removal VALUES (number, at, before, streams, rows, digests, previous, signature, key_id)
            ON CONFLICT DO NOTHING;
    EXCEPTION WHEN lock_not_available THEN
        RETURN false;
    END;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- What surveillance found goes too: some of it with each batch, which has far more rows than it had findings.
    WITH old AS MATERIALIZED (
        SELECT f.id FROM finding f
         WHERE f.last < before AND NOT EXISTS (SELECT FROM hold h WHERE h.owner = f.patient AND h.ended IS NULL) LIMIT 5000
    ), told AS (
        DELETE FROM finding_outcome o USING old WHERE o.finding = old.id
    )
    DELETE FROM finding f USING old WHERE f.id = old.id;
    RETURN true;
END $$;

-- Take away the rows first..upto of one stream of a removal, with the prints of the seals that begin there. They are by key, however
-- large the tables are. Raises when they are not as many as the removal says, too new, or tell of somebody on hold.
CREATE FUNCTION access_remove_rows_v1(number bigint, stream bigint, first bigint, upto bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = 'force_generic_plan'
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_variable
DECLARE
    until timestamptz;
    counted bigint;
    took bigint;
    latest timestamptz;
    held boolean;
BEGIN
    SELECT r.before, r.rows[array_position(r.streams, stream)] INTO until, counted FROM access_removal r WHERE r.number = number;
    WITH gone AS (
        DELETE FROM access_log l WHERE l.stream = stream AND l.seq BETWEEN first AND upto RETURNING l.patients, l.at, l.seq
    ), named AS (
        SELECT unnest(g.patients) AS patient, g.at, g.seq FROM gone g
    ), projected AS (
        DELETE FROM access_log_patient p USING named n
         WHERE p.patient = n.patient AND p.at = n.at AND p.stream = stream AND p.seq = n.seq
    )
    SELECT count(*), max(g.at), coalesce(bool_or(EXISTS (SELECT FROM hold h WHERE h.owner = ANY (g.patients) AND h.ended IS NULL)), false)
      INTO took, latest, held FROM gone g;
    IF counted IS NULL OR took <> least(counted, upto) - first + 1 OR latest >= until OR held THEN
        RAISE EXCEPTION 'the rows are not those that may go';
    END IF;
    UPDATE access_seal s SET prints = '' WHERE s.stream = stream AND s.from_seq BETWEEN first AND upto;
END $$;

-- Drop a month's partition when little of it is left: that is put into the default partition. False when more stands there, or when
-- somebody uses the log just now: then it may be tried again. What stands is of streams that were not taken away, and is found by
-- them: what is gone would have to be waded through until it is vacuumed.
CREATE FUNCTION access_drop_v1(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC'
    SET lock_timeout = '1500ms'  -- a vacuum of what was emptied steps aside after a second
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
        RETURN false;
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

DROP FUNCTION access_remove_v1;
REVOKE ALL ON FUNCTION access_remove_v2, access_remove_rows_v1, access_drop_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_remove_v2, access_remove_rows_v1, access_drop_v1 TO akson_eraser;
