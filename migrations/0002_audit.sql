-- Who looked: the access log, its seals, and its projection for citizens.
--
-- One row per answer, written by one writer per process, sealed each minute. Nobody but the owner of the schema can
-- change or delete; what the owner changes, `akson audit verify` finds and names.
--
-- The leaf of a row, recomputed by the verifier from the row alone:
--   leaf = sha256( 0x00 || field || field || ... )
--   field = its length in bytes as 4 bytes, big endian, then its text in UTF-8 (numbers in decimal, instants as whole
--   microseconds since 1970-01-01 UTC)
--   in the order: stream, seq, at, actor_kind, actor_id, actor_key, actor_name, actor_role, unit, unit_name, controller,
--   controller_name, signed_in, purpose, screen, request, outcome, reason, number of patients, each patient,
--   number of things seen, and for each: patient, what, outcome, rule, basis
--
-- A seal covers the rows from_seq to upto_seq of one stream:
--   root      Merkle root: node = sha256(0x01 || left || right), pairs from the left, an odd last one moves up as it is
--   prints    the first 8 bytes of each leaf, so that a row that no longer fits can be named
--   previous  sha256(statement || signature) of the stream's seal before, 32 zero bytes for the first
--   signature Ed25519 over the statement = field("akson access seal 1") and the fields stream, from_seq, upto_seq, at,
--             root, previous (these two in hexadecimal)

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'akson_app') THEN
        CREATE ROLE akson_app NOLOGIN;
    END IF;
END $$;

-- One per process and day; its rows count from 1 without a gap.
CREATE TABLE access_stream (
    stream bigint PRIMARY KEY,
    opened timestamptz NOT NULL
);

CREATE TABLE access_log (
    stream          bigint NOT NULL,
    seq             bigint NOT NULL,
    at              timestamptz NOT NULL,
    actor_kind      text NOT NULL,
    actor_id        text NOT NULL,
    actor_key       bigint NOT NULL,
    actor_name      text NOT NULL,
    actor_role      text NOT NULL,
    unit            bigint NOT NULL,
    unit_name       text NOT NULL,
    controller      bigint NOT NULL,
    controller_name text NOT NULL,
    signed_in       text NOT NULL,
    purpose         text NOT NULL,
    screen          text NOT NULL,
    request         text NOT NULL,
    outcome         text NOT NULL,
    reason          text NOT NULL,
    patients        bigint[] NOT NULL,
    seen            jsonb NOT NULL,   -- [{patient, what, outcome, rule, basis}]
    leaf            bytea NOT NULL,
    PRIMARY KEY (stream, seq, at)
) PARTITION BY RANGE (at);
CREATE TABLE access_log_default PARTITION OF access_log DEFAULT;

-- Whose record was looked at: the citizen's way into the log.
CREATE TABLE access_log_patient (
    patient bigint NOT NULL,
    at      timestamptz NOT NULL,
    stream  bigint NOT NULL,
    seq     bigint NOT NULL,
    PRIMARY KEY (patient, at, stream, seq)
) PARTITION BY RANGE (at);
CREATE TABLE access_log_patient_default PARTITION OF access_log_patient DEFAULT;

CREATE TABLE access_seal (
    stream    bigint NOT NULL,
    from_seq  bigint NOT NULL,
    upto_seq  bigint NOT NULL,
    at        timestamptz NOT NULL,
    root      bytea NOT NULL,
    prints    bytea NOT NULL,
    previous  bytea NOT NULL,
    signature bytea NOT NULL,
    key_id    text NOT NULL,
    PRIMARY KEY (stream, from_seq)
);

-- Make the partitions for the month of `day` and the two after it. A month whose rows already lie in the default
-- partition stays there. Runs as its owner: the application may not create tables.
CREATE FUNCTION access_log_ahead(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '1s' SET timezone = 'UTC'
AS $$
DECLARE
    parent text;
    first date;
    busy boolean;
BEGIN
    FOREACH parent IN ARRAY ARRAY['access_log', 'access_log_patient'] LOOP
        FOR ahead IN 0..2 LOOP
            first := date_trunc('month', day) + make_interval(months => ahead);
            CONTINUE WHEN to_regclass(parent || to_char(first, '_YYYY_MM')) IS NOT NULL;
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE at >= $1 AND at < $2)', parent || '_default')
               INTO busy USING first, first + interval '1 month';
            CONTINUE WHEN busy;
            BEGIN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                               parent || to_char(first, '_YYYY_MM'), parent, first, first + interval '1 month');
            EXCEPTION WHEN lock_not_available OR duplicate_table OR unique_violation OR check_violation THEN
                NULL;  -- another process is making it, or readers hold the table: the default partition takes the rows
            END;
        END LOOP;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION access_log_ahead(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_log_ahead(date) TO akson_app;
GRANT SELECT, INSERT ON access_stream, access_log, access_log_patient, access_seal TO akson_app;
