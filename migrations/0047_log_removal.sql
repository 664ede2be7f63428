-- The access log comes to an end: what is older than the operator's term is taken away, stream by stream, while the seals stay
-- and each removal is signed. A person's record and the log about them are left alone as long as a hold stands.

CREATE TABLE hold (
    owner    bigint NOT NULL,
    since    timestamptz NOT NULL,
    reason   text NOT NULL,
    by_name  text NOT NULL,
    ended    timestamptz,
    ended_by text,
    PRIMARY KEY (owner, since)
);
CREATE UNIQUE INDEX hold_standing ON hold (owner) WHERE ended IS NULL;
GRANT SELECT, INSERT ON hold TO akson_app;
GRANT UPDATE (ended, ended_by) ON hold TO akson_app;

-- Whole streams that were proven and taken away together.
--   digests   of each stream sha256(stream, microseconds since 1970 of its opening, rows: 8 bytes each, big endian, and link);
--             link = sha256(statement || signature) of its last seal, 32 zero bytes for a stream that never had a row
--   previous  sha256(statement || signature) of the removal before, 32 zero bytes for the first
--   signature Ed25519 over the statement = field("akson access removal 1") and the fields number, at, before, number of
--             streams, sha256(digests) and previous (these two in hexadecimal); fields and instants as in 0002_audit.sql
CREATE TABLE access_removal (
    number    bigint PRIMARY KEY,      -- 1, 2, 3
    at        timestamptz NOT NULL,
    before    timestamptz NOT NULL,    -- no row was of this instant or later
    streams   bigint[] NOT NULL,
    rows      bigint[] NOT NULL,
    digests   bytea NOT NULL,
    previous  bytea NOT NULL,
    signature bytea NOT NULL,
    key_id    text NOT NULL
);
GRANT SELECT ON access_removal TO akson_app, akson_auditor;

-- Take streams away and keep what was signed about it; false when another process has done so already. Their seals stay, without the
-- prints of rows. A month's partition goes as a whole: what of it stays, is put into the default partition.
CREATE FUNCTION access_remove_v1(month date, number bigint, at timestamptz, before timestamptz, streams bigint[], rows bigint[],
                                 digests bytea, previous bytea, signature bytea, key_id text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' SET timezone = 'UTC'
AS $$
#variable_conflict use_variable
DECLARE
    parent text;
    part text := to_char(month, '_YYYY_MM');
    staying bigint;
BEGIN
    IF before > clock_timestamp() - interval '1 year' THEN
        RAISE EXCEPTION 'nothing of the last year is taken away';
    END IF;
    LOCK TABLE access_stream IN SHARE UPDATE EXCLUSIVE MODE;  -- one at a time, as access_log_ahead
    IF number <> (SELECT coalesce(max(r.number), 0) + 1 FROM access_removal r) THEN
        RETURN false;
    END IF;
    IF EXISTS (SELECT FROM unnest(streams, rows) AS g (stream, rows)
                 LEFT JOIN LATERAL (SELECT count(*) AS rows, max(l.at) AS last FROM access_log l WHERE l.stream = g.stream) h ON true
                WHERE h.rows <> g.rows OR h.last >= before)
       OR EXISTS (SELECT FROM hold h JOIN access_log_patient p ON p.patient = h.owner
                   WHERE h.ended IS NULL AND p.stream = ANY (streams)) THEN
        RAISE EXCEPTION 'the streams are not those that may go';
    END IF;
    INSERT INTO access_removal VALUES (number, at, before, streams, rows, digests, previous, signature, key_id);
    UPDATE access_seal s SET prints = '' WHERE s.stream = ANY (streams);
    IF to_regclass('access_log' || part) IS NOT NULL AND month + interval '1 month' <= before THEN
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %I p WHERE p.stream <> ALL ($1) LIMIT 10001) s', 'access_log' || part)
           INTO staying USING streams;
        IF staying <= 10000 THEN  -- more would keep those who write waiting: then rows go one by one
            FOREACH parent IN ARRAY ARRAY['access_log', 'access_log_patient'] LOOP
                CONTINUE WHEN to_regclass(parent || part) IS NULL;
                EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, parent || part);
                EXECUTE format('INSERT INTO %I SELECT * FROM %I p WHERE p.stream <> ALL ($1)', parent, parent || part)
                  USING streams;
                EXECUTE format('DROP TABLE %I', parent || part);
            END LOOP;
        END IF;
    END IF;
    DELETE FROM access_log_patient p
     USING (SELECT unnest(l.patients) AS patient, l.at, l.stream, l.seq FROM access_log l WHERE l.stream = ANY (streams)) gone
     WHERE p.patient = gone.patient AND p.at = gone.at AND p.stream = gone.stream AND p.seq = gone.seq;
    DELETE FROM access_log l WHERE l.stream = ANY (streams);
    -- What surveillance found in it goes with it.
    DELETE FROM finding_outcome o USING finding f
     WHERE o.finding = f.id AND f.last < before
       AND NOT EXISTS (SELECT FROM hold h WHERE h.owner = f.patient AND h.ended IS NULL);
    DELETE FROM finding f
     WHERE f.last < before AND NOT EXISTS (SELECT FROM hold h WHERE h.owner = f.patient AND h.ended IS NULL);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION access_remove_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_remove_v1 TO akson_eraser;
