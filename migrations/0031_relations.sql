-- Appointments, referrals and assignments let in whom they name, as contacts do: what each of them said is weighed too.

-- in   as journal_standing_v2, but wanted: the types whose body is wanted where they state no relation
CREATE FUNCTION journal_standing_v3(owners bigint[], types smallint[], ids text[], wanted smallint[])
RETURNS TABLE (owner bigint, type smallint, id text, owner_type smallint, facts_rev bigint, facts text, version integer,
               deleted boolean, unit bigint, author bigint, labels text[], stated text[], numbers text[], returned boolean,
               told bytea)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT k.owner, k.type, k.id, o.type, o.facts_rev, o.facts, r.version, r.deleted, r.unit, r.author, r.labels,
                      ARRAY(SELECT f.data FROM fact f WHERE f.owner = k.owner AND f.type = k.type AND f.id = k.id),
                      CASE WHEN r.type = o.type THEN
                        ARRAY(SELECT p.system || '|' || p.value FROM person_identifier p WHERE p.owner = k.owner) END,
                      CASE WHEN r.type = o.type THEN
                        EXISTS (SELECT FROM resource_version v WHERE v.owner = k.owner AND v.type = k.type AND v.id = k.id
                                   AND v.method = 'DELETE') END,
                      CASE WHEN r.type = ANY (wanted) AND NOT EXISTS (
                        SELECT FROM fact f WHERE f.owner = k.owner AND f.type = k.type AND f.id = k.id AND f.kind = 'relation')
                      THEN (SELECT v.body FROM resource_version v WHERE v.owner = k.owner AND v.type = k.type AND v.id = k.id
                               AND v.version = r.version) END
    FROM unnest(owners, types, ids) AS k (owner, type, id)
    JOIN owner o ON o.owner = k.owner
    LEFT JOIN resource r ON r.owner = k.owner AND r.type = k.type AND r.id = k.id;
END $$;
DROP FUNCTION journal_standing_v2;

GRANT EXECUTE ON FUNCTION journal_standing_v3 TO akson_app;
