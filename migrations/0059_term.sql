-- Before anything goes the record is asked once more: whoever was said to be dead and lives after all loses nothing. And of the living
-- also stays what somebody else has changed, when they, or who acts for them, wrote it first: it is theirs, and so is a stop of their
-- own access that was ended at a desk.
CREATE OR REPLACE FUNCTION record_entries_v1(whose bigint) RETURNS TABLE (type smallint, id text, keeper bigint, identity boolean)
LANGUAGE sql STABLE AS $$
  SELECT e.type, e.id, e.keeper, e.identity
    FROM (SELECT r.owner, r.type, r.id, coalesce(nullif(u.unit, 0), nullif(r.unit, 0), r.controller, 0) AS keeper,
                 r.type = o.type AS identity
            FROM owner o
            JOIN resource r ON r.owner = o.owner
            LEFT JOIN fact u ON u.owner = r.unit AND u.kind = 'unit'
           WHERE o.owner = whose
             AND NOT EXISTS (SELECT FROM erasure g WHERE g.owner = r.owner AND g.type = r.type AND g.id = r.id)) e
   WHERE EXISTS (SELECT FROM fact p
                  WHERE p.owner = whose AND p.kind = 'person' AND p.data::json #>> '{value,deceased}' = 'true')
      OR (e.keeper <> 0 AND NOT e.identity
          AND NOT EXISTS (SELECT FROM fact s WHERE s.owner = e.owner AND s.type = e.type AND s.id = e.id
                             AND s.kind IN ('block', 'representation', 'youth', 'protection'))
          AND NOT EXISTS (SELECT FROM resource_version v JOIN author a ON a.author = v.author
                           WHERE v.owner = e.owner AND v.type = e.type AND v.id = e.id AND v.version = 1
                             AND a.told::json ->> 'kind' = 'citizen'))
$$;

-- What of a record is left to go with one data controller's part, in that order: their own, what nobody answers for, the person.
CREATE FUNCTION record_part_v1(whose bigint, whom bigint) RETURNS TABLE (type smallint, id text, place bigint)
LANGUAGE sql STABLE AS $$
  WITH left_ AS MATERIALIZED (SELECT * FROM record_entries_v1(whose))
  SELECT l.type, l.id, row_number() OVER (ORDER BY l.identity, l.keeper <> whom, l.type, l.id)
    FROM left_ l
   WHERE (l.keeper = whom AND NOT l.identity)
      OR NOT EXISTS (SELECT FROM left_ o WHERE o.keeper NOT IN (0, whom) AND NOT o.identity)
$$;
GRANT EXECUTE ON FUNCTION record_part_v1 TO akson_app;

-- As 0054 has it, and by the day of death only while the person is dead: a register may take a death back.
CREATE OR REPLACE FUNCTION record_end_v1(which uuid, at timestamptz, rev bigint, decision text, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s' AS $$
#variable_conflict use_variable
DECLARE
  e ending;
  types smallint[];
  ids text[];
BEGIN
  SELECT * INTO e FROM ending n WHERE n.id = which AND n.state = 'confirmed' FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  IF e.before > clock_timestamp() - interval '1 year' THEN
    RAISE EXCEPTION 'no time of keeping that ends here is over';
  END IF;
  SELECT array_agg(k.type), array_agg(k.id) INTO types, ids
    FROM (SELECT p.type, p.id FROM record_part_v1(e.owner, e.keeper) p ORDER BY p.place LIMIT most) k;
  IF ids IS NULL THEN
    UPDATE ending n SET state = 'done', ended = at WHERE n.id = which;
    RETURN 0;
  END IF;
  PERFORM journal_lock_v1(ARRAY[e.owner], array_fill(e.owner, ARRAY[cardinality(types)]), types, ids, '{}', '{}', '{}', '{}');
  IF record_held_v1(e.owner, e.before) IS NOT NULL
     OR (e.why = 'death' AND EXISTS (SELECT FROM fact p WHERE p.owner = e.owner AND p.kind = 'person'
                                        AND p.data::json #>> '{value,deceased}' IS DISTINCT FROM 'true')) THEN
    UPDATE ending n SET state = 'stopped', ended = at WHERE n.id = which;
    RETURN -1;
  END IF;
  PERFORM journal_erase_v2(at, e.owner, rev, types, ids, decision);
  UPDATE ending n SET erased = n.erased + cardinality(ids) WHERE n.id = which;
  RETURN cardinality(ids);
END $$;
