-- A version is read by its key, however many there are of its type in the record. To the planner the index for history looked
-- as good, though it gives all the versions of that type: of a record with ten thousand measurements each read of one read
-- them all. Now that index serves only those who say that they want it, by `version > 0`, which is true of every version.
DROP INDEX version_owner;
CREATE INDEX version_owner ON resource_version (owner, type, last_updated, n) WHERE version > 0;

-- As in 0010_history.sql, but for that.
CREATE OR REPLACE FUNCTION journal_history_v1(owners bigint[], owned smallint[], types smallint[], since timestamptz, until timestamptz,
                                   at timestamptz, b_at timestamptz, b_owner bigint, b_n integer, most integer)
RETURNS TABLE (owner bigint, type smallint, id text, version integer, last_updated timestamptz, n integer, unit bigint,
               author bigint, labels text[], about bigint[], deleted boolean, erased boolean, body bytea, method text,
               facts_rev bigint, facts text, owner_type smallint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH found AS MATERIALIZED (
    SELECT * FROM (
      SELECT v.* FROM unnest(owners) AS k (owner) CROSS JOIN unnest(owned) AS t (type) CROSS JOIN LATERAL (
        SELECT v.* FROM resource_version v
         WHERE v.owner = k.owner AND v.type = t.type AND v.version > 0 AND v.last_updated BETWEEN since AND least(until, b_at)
           AND (v.last_updated, v.owner, v.n) < (b_at, b_owner, b_n)
           AND (at IS NULL OR v.last_updated >= at OR NOT EXISTS (
                 SELECT FROM resource_version w WHERE w.owner = v.owner AND w.type = v.type AND w.id = v.id
                    AND w.version = v.version + 1 AND w.last_updated <= at))
         ORDER BY v.last_updated DESC, v.n DESC LIMIT most) v
      UNION ALL
      SELECT v.* FROM unnest(types) AS t (type) CROSS JOIN LATERAL (
        SELECT v.* FROM resource_version v
         WHERE v.type = t.type AND v.last_updated BETWEEN since AND until
           AND (v.last_updated, v.owner, v.n) < (b_at, b_owner, b_n)
           AND (at IS NULL OR v.last_updated >= at OR NOT EXISTS (
                 SELECT FROM resource_version w WHERE w.owner = v.owner AND w.type = v.type AND w.id = v.id
                    AND w.version = v.version + 1 AND w.last_updated <= at))
         ORDER BY v.last_updated DESC, v.owner DESC, v.n DESC LIMIT most) v
    ) u ORDER BY u.last_updated DESC, u.owner DESC, u.n DESC LIMIT most)
  SELECT f.owner, f.type, f.id, f.version, f.last_updated, f.n, r.unit, r.author, r.labels, r.about,
         f.method = 'DELETE', f.salt IS NULL, f.body, f.method, o.facts_rev, o.facts, o.type
    FROM found f
    JOIN resource r ON r.owner = f.owner AND r.type = f.type AND r.id = f.id
    JOIN owner o ON o.owner = f.owner
   ORDER BY f.last_updated DESC, f.owner DESC, f.n DESC;
END $$;

-- As in 0014_export.sql, but for that.
CREATE OR REPLACE FUNCTION journal_export_v1(owners bigint[], kind smallint, since timestamptz, upto timestamptz, a_at timestamptz,
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
         WHERE v.owner = k.owner AND v.type = kind AND v.version > 0 AND v.last_updated > since AND v.last_updated <= upto
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
