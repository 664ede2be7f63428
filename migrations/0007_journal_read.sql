-- The two questions that every read and every write asks. As functions, so that they are planned once per connection: left
-- to itself PostgreSQL plans such a join anew each time, which took three times as long as answering.

-- The current row, body and owner's facts of each named resource; at most one row per key, deleted ones too.
CREATE FUNCTION journal_current_v1(owners bigint[], types smallint[], ids text[])
RETURNS TABLE (owner bigint, type smallint, id text, version integer, last_updated timestamptz, unit bigint, author bigint,
               labels text[], about bigint[], deleted boolean, body bytea, facts_rev bigint, facts text,
               owner_type smallint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT r.owner, r.type, r.id, r.version, r.last_updated, r.unit, r.author, r.labels, r.about, r.deleted,
                      v.body, o.facts_rev, o.facts, o.type
    FROM unnest(owners, types, ids) AS k (owner, type, id)
    JOIN resource r ON r.owner = k.owner AND r.type = k.type AND r.id = k.id
    JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
    JOIN owner o ON o.owner = r.owner;
END $$;

-- What a write set stands on: the facts of each owner, and the current version of each named resource (null: none) with
-- the facts it states.
CREATE FUNCTION journal_standing_v1(owners bigint[], types smallint[], ids text[])
RETURNS TABLE (owner bigint, type smallint, id text, owner_type smallint, facts_rev bigint, facts text, version integer,
               deleted boolean, unit bigint, author bigint, labels text[], stated text[])
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT k.owner, k.type, k.id, o.type, o.facts_rev, o.facts, r.version, r.deleted, r.unit, r.author, r.labels,
                      ARRAY(SELECT f.data FROM fact f WHERE f.owner = k.owner AND f.type = k.type AND f.id = k.id)
    FROM unnest(owners, types, ids) AS k (owner, type, id)
    JOIN owner o ON o.owner = k.owner
    LEFT JOIN resource r ON r.owner = k.owner AND r.type = k.type AND r.id = k.id;
END $$;

GRANT EXECUTE ON FUNCTION journal_current_v1, journal_standing_v1 TO akson_app;
