-- History across resources: versions by time, of one type and of one owner.
CREATE INDEX version_type ON resource_version (type, last_updated, owner, n);
CREATE INDEX version_owner ON resource_version (owner, type, last_updated, n);

-- One page of versions, newest first, for the rules to judge one by one. Never reads more than `most` of each type and owner
-- asked about, however many versions there are.
--
-- owners, owned   the records that may be shown and the types asked about in them
-- types           the types asked about whoever they belong to
-- since, until    last_updated in between, both inclusive
-- at              and still current then, unless written later; null: whenever
-- b_*             before this place in the order (last_updated, owner, n)
CREATE FUNCTION journal_history_v1(owners bigint[], owned smallint[], types smallint[], since timestamptz, until timestamptz,
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
         WHERE v.owner = k.owner AND v.type = t.type AND v.last_updated BETWEEN since AND least(until, b_at)
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
GRANT EXECUTE ON FUNCTION journal_history_v1 TO akson_app;
