-- Export: what was asked for. Nothing of any record is kept: a file is made while it is fetched.
CREATE TABLE export (
  id      text COLLATE "C" PRIMARY KEY,      -- random
  actor   text NOT NULL,                     -- who asked, in which role and where: nobody else learns of it
  at      timestamptz NOT NULL,              -- its watermark: versions up to here are in it
  horizon xid8,                              -- set once it is committed: what writes from here on is stamped later than `at`
  request text NOT NULL,                     -- the address that was asked
  asked   text NOT NULL,                     -- JSON: types, since, elements, patients, group
  files   text,                              -- JSON: the types that have something to show; null before it is ready
  ended   boolean NOT NULL DEFAULT false     -- given up by who asked
);
CREATE INDEX export_at ON export (at);
CREATE INDEX export_actor ON export (actor) WHERE NOT ended;
GRANT SELECT, INSERT, UPDATE, DELETE ON export TO akson_app;

-- The time a write set is stamped with: its own, or later than every watermark there is. The transaction has its number
-- before it looks, so each one is either running still when an export asks whether it is ready, or has seen the watermark.
CREATE FUNCTION journal_now_v1(at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_current_xact_id();
  RETURN greatest(at, (SELECT e.at + interval '1 ms' FROM export e ORDER BY e.at DESC LIMIT 1));
END $$;

-- The versions of one type that were the newest at `upto`, oldest first, after the place a_* in the order of time; or, where
-- owners are given, record by record in the order of their keys. The rules judge each.
--
-- owners  the records to look in, in ascending order; null: all
-- since   written later than this
-- bare    without bodies
CREATE FUNCTION journal_export_v1(owners bigint[], kind smallint, since timestamptz, upto timestamptz, a_at timestamptz,
                                  a_owner bigint, a_n integer, bare boolean, most integer)
RETURNS TABLE (owner bigint, type smallint, id text, version integer, last_updated timestamptz, n integer, unit bigint,
               author bigint, labels text[], about bigint[], deleted boolean, body bytea, facts_rev bigint, facts text,
               owner_type smallint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  IF owners IS NULL THEN
    RETURN QUERY
    WITH found AS MATERIALIZED (
      SELECT v.* FROM resource_version v
       WHERE v.type = kind AND v.last_updated > since AND v.last_updated >= a_at AND v.last_updated <= upto
         AND (v.last_updated, v.owner, v.n) > (a_at, a_owner, a_n)
         AND NOT EXISTS (SELECT FROM resource_version w WHERE w.owner = v.owner AND w.type = v.type AND w.id = v.id
                            AND w.version = v.version + 1 AND w.last_updated <= upto)
       ORDER BY v.last_updated, v.owner, v.n LIMIT most)
    SELECT f.owner, f.type, f.id, f.version, f.last_updated, f.n, r.unit, r.author, r.labels,
           CASE WHEN r.version = f.version THEN r.about ELSE '{0}' END, f.method = 'DELETE' OR f.body IS NULL,
           CASE WHEN NOT bare THEN f.body END, o.facts_rev, o.facts, o.type
      FROM found f
      JOIN resource r ON r.owner = f.owner AND r.type = f.type AND r.id = f.id
      JOIN owner o ON o.owner = f.owner
     ORDER BY f.last_updated, f.owner, f.n;
  ELSE
    RETURN QUERY
    WITH found AS MATERIALIZED (
      SELECT v.* FROM unnest(owners) WITH ORDINALITY AS k (owner, place) CROSS JOIN LATERAL (
        SELECT v.* FROM resource_version v
         WHERE v.owner = k.owner AND v.type = kind AND v.last_updated > since AND v.last_updated <= upto
           AND (k.owner > a_owner OR (v.last_updated, v.n) > (a_at, a_n))
           AND NOT EXISTS (SELECT FROM resource_version w WHERE w.owner = v.owner AND w.type = v.type AND w.id = v.id
                              AND w.version = v.version + 1 AND w.last_updated <= upto)
         ORDER BY v.last_updated, v.n LIMIT most) v
       ORDER BY k.place, v.last_updated, v.n LIMIT most)
    SELECT f.owner, f.type, f.id, f.version, f.last_updated, f.n, r.unit, r.author, r.labels,
           CASE WHEN r.version = f.version THEN r.about ELSE '{0}' END, f.method = 'DELETE' OR f.body IS NULL,
           CASE WHEN NOT bare THEN f.body END, o.facts_rev, o.facts, o.type
      FROM found f
      JOIN resource r ON r.owner = f.owner AND r.type = f.type AND r.id = f.id
      JOIN owner o ON o.owner = f.owner
     ORDER BY f.owner, f.last_updated, f.n;
  END IF;
END $$;

GRANT EXECUTE ON FUNCTION journal_now_v1, journal_export_v1 TO akson_app;
