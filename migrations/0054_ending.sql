-- The end of records: what a data controller keeps of a person is proposed for deletion when its time is over and nothing holds it,
-- one of those who answer for it decides, another confirms, and then it is erased as after any decision, some at a time.

-- What is kept of one person by one data controller, and its time is over.
--   why       death: counted from the day of death; last: from what was last written or dated
--   before    nothing in the record is of this instant or later; a time that is over ends on the first of a month
--   entries   how many there were when it was proposed; erased: how many have gone
--   decided, confirmed   who, why and when, as JSON; the keys of the two beside, who are never the same
--   state     proposed, decided, confirmed; done: erased. kept: not before kept_until. stopped: something holds it after all
CREATE TABLE ending (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner        bigint NOT NULL,
    keeper       bigint NOT NULL,
    at           timestamptz NOT NULL,
    why          text NOT NULL CHECK (why IN ('death', 'last')),
    last         timestamptz NOT NULL,
    before       timestamptz NOT NULL CHECK (last < before),
    entries      integer NOT NULL,
    state        text NOT NULL DEFAULT 'proposed'
                 CHECK (state IN ('proposed', 'decided', 'confirmed', 'done', 'kept', 'stopped')),
    decided_by   bigint,
    decided      text,
    confirmed_by bigint CHECK (confirmed_by <> decided_by),
    confirmed    text,
    kept_until   timestamptz,
    ended        timestamptz,
    erased       integer NOT NULL DEFAULT 0,
    CHECK (state NOT IN ('confirmed', 'done')
           OR (decided_by IS NOT NULL AND confirmed_by IS NOT NULL AND decided IS NOT NULL AND confirmed IS NOT NULL))
);
CREATE UNIQUE INDEX ending_open ON ending (owner, keeper) WHERE state IN ('proposed', 'decided', 'confirmed');
CREATE INDEX ending_desk ON ending (keeper, state, last);
CREATE INDEX ending_confirmed ON ending (id) WHERE state = 'confirmed';
GRANT SELECT, INSERT ON ending TO akson_app;
GRANT UPDATE (state, decided_by, decided, confirmed_by, confirmed, kept_until, ended) ON ending TO akson_app;

-- What of a person's record has not been erased, what was deleted too, and which data controller answers for each: that of the unit
-- that wrote it; 0 is nobody. identity: it is the person's own entry, not one about them.
CREATE FUNCTION record_entries_v1(whose bigint) RETURNS TABLE (type smallint, id text, keeper bigint, identity boolean)
LANGUAGE sql STABLE AS $$
  SELECT r.type, r.id, coalesce(nullif(u.unit, 0), nullif(r.unit, 0), r.controller, 0), r.type = o.type
    FROM owner o
    JOIN resource r ON r.owner = o.owner
    LEFT JOIN fact u ON u.owner = r.unit AND u.kind = 'unit'
   WHERE o.owner = whose
     AND NOT EXISTS (SELECT FROM erasure e WHERE e.owner = r.owner AND e.type = r.type AND e.id = r.id)
$$;

-- What keeps a record from its end: hold, case (somebody asked for something by right and has no answer) or entry (something in it
-- is written or dated at `before` or later; that registers tell anew who somebody is counts as nothing). NULL: nothing does.
CREATE FUNCTION record_held_v1(whose bigint, before timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN EXISTS (SELECT FROM hold h WHERE h.owner = whose AND h.ended IS NULL) THEN 'hold'
    WHEN EXISTS (SELECT FROM worklist w WHERE w.owner = whose AND w.kind IN ('case', 'demand')
                    AND w.state NOT IN ('completed', 'cancelled', 'rejected', 'failed', 'entered-in-error')) THEN 'case'
    WHEN EXISTS (SELECT FROM resource r JOIN owner o ON o.owner = r.owner
                  WHERE r.owner = whose AND r.type <> o.type AND greatest(r.sort_date, r.last_updated) >= before) THEN 'entry'
  END
$$;
GRANT EXECUTE ON FUNCTION record_entries_v1, record_held_v1 TO akson_app;

-- Erase the next of what a confirmed end is about, by the erasure that all decisions go through. What nobody answers for, and the
-- person's own entry, go with the last data controller's. Returns how many went; 0: nothing is left, and it is done; -1: something
-- holds the record, and it is stopped. A fall between two calls leaves what is left to the next.
CREATE FUNCTION record_end_v1(which uuid, at timestamptz, rev bigint, decision text, most integer) RETURNS integer
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
  WITH left_ AS MATERIALIZED (SELECT * FROM record_entries_v1(e.owner))
  SELECT array_agg(k.type), array_agg(k.id) INTO types, ids
    FROM (SELECT l.type, l.id FROM left_ l
           WHERE (l.keeper = e.keeper AND NOT l.identity)
              OR NOT EXISTS (SELECT FROM left_ o WHERE o.keeper NOT IN (0, e.keeper) AND NOT o.identity)
           ORDER BY l.identity, l.keeper <> e.keeper, l.type, l.id LIMIT most) k;
  IF ids IS NULL THEN
    UPDATE ending n SET state = 'done', ended = at WHERE n.id = which;
    RETURN 0;
  END IF;
  PERFORM journal_lock_v1(ARRAY[e.owner], array_fill(e.owner, ARRAY[cardinality(types)]), types, ids, '{}', '{}', '{}', '{}');
  IF record_held_v1(e.owner, e.before) IS NOT NULL THEN
    UPDATE ending n SET state = 'stopped', ended = at WHERE n.id = which;
    RETURN -1;
  END IF;
  PERFORM journal_erase_v2(at, e.owner, rev, types, ids, decision);
  UPDATE ending n SET erased = n.erased + cardinality(ids) WHERE n.id = which;
  RETURN cardinality(ids);
END $$;
REVOKE ALL ON FUNCTION record_end_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_end_v1 TO akson_eraser;
