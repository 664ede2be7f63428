-- The texts that codes are shown by stand once each, not once for every resource that has them: nine of ten rows of search_string were
-- such texts where there are many, and nothing asks for them but the modifier `:text` on tokens.

-- Which texts there are of a slot (see 0013_search.sql), and the number that says so among the tokens of a resource
-- (Hasher.shown). Two who write a text at the same moment may both bring it: nobody waits for the other then, whatever order
-- they come in, and who asks wants numbers, not rows.
CREATE TABLE search_display (
  slot  integer NOT NULL,
  value text COLLATE "C" NOT NULL,  -- folded, as in search_string
  token bigint NOT NULL,
  owner bigint NOT NULL             -- in whose record it stood first: what is erased there may be what it came with
);
CREATE INDEX search_display_value ON search_display (slot, value);
CREATE INDEX search_display_token ON search_display (token);
CREATE INDEX search_display_owner ON search_display (owner);
GRANT SELECT, INSERT ON search_display TO akson_app;

-- Bring the texts that are not there yet, and return what was written before; who calls it holds the locks of his owners. The lock
-- comes in a statement of its own, so that the next one sees what an erasure took away: a text it finds stays until we have ended.
CREATE FUNCTION search_display_v1(slots integer[], texts text[], tokens bigint[], owners bigint[], times timestamptz[])
RETURNS timestamptz[]
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  IF cardinality(tokens) > 0 THEN
    LOCK TABLE search_display IN ROW EXCLUSIVE MODE;
    INSERT INTO search_display (slot, value, token, owner)
    SELECT t.slot, t.value, t.token, t.owner FROM unnest(slots, texts, tokens, owners) AS t (slot, value, token, owner)
     WHERE NOT EXISTS (SELECT FROM search_display d WHERE d.slot = t.slot AND d.value = t.value AND d.token = t.token);
  END IF;
  RETURN times;
END $$;
REVOKE EXECUTE ON FUNCTION search_display_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_display_v1 TO akson_app;

-- Take away the texts that nobody has any more, once something of a record was erased: those it had (stood), and those that came with
-- the record, for they may be of an earlier version of what went. One erasure after the other, so that the last of two who had
-- a text sees that the first is gone; and while texts go nobody writes one, for he may have found it there and have told nobody yet.
-- All who write wait behind us while we wait for who writes: not for long, rather it is tried again.
CREATE FUNCTION search_display_end_v1(the_owner bigint, stood bigint[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET lock_timeout = '5s' AS $$
DECLARE
  gone bigint[];
BEGIN
  LOCK TABLE search_display IN SHARE UPDATE EXCLUSIVE MODE;
  SELECT array_agg(d.token) INTO gone
    FROM (SELECT o.token FROM search_display o WHERE o.owner = the_owner
          UNION SELECT t.token FROM search_display t WHERE t.token = ANY (stood)) d
   WHERE NOT EXISTS (SELECT FROM resource r WHERE r.tokens && ARRAY[d.token]);
  IF gone IS NULL THEN RETURN; END IF;
  LOCK TABLE search_display IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM search_display d
   WHERE d.token = ANY (gone) AND NOT EXISTS (SELECT FROM resource r WHERE r.tokens && ARRAY[d.token]);
END $$;
REVOKE EXECUTE ON FUNCTION search_display_end_v1 FROM PUBLIC;

-- As in 0068_smaller.sql, but for the texts.
CREATE OR REPLACE FUNCTION journal_erase_v2(at timestamp with time zone, the_owner bigint, rev bigint, types smallint[], ids text[], decision text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  entry bigint;
  found integer;
  stood bigint[];
BEGIN
  UPDATE owner o SET chain_seq = o.chain_seq + 1, last_updated = greatest(at, o.last_updated + interval '1 ms')
   WHERE o.owner = the_owner AND o.facts_rev = rev RETURNING o.chain_seq INTO entry;
  IF entry IS NULL THEN RAISE EXCEPTION 'facts changed' USING ERRCODE = 'AK008'; END IF;

  INSERT INTO erasure (owner, seq, type, id, leaves, decision)
  SELECT the_owner, entry, v.type, v.id,
         json_agg(json_build_array(v.version, encode(journal_leaf_v1(v), 'hex'), v.method, v.author,
                                  (extract(epoch FROM v.last_updated) * 1000000)::bigint) ORDER BY v.version)::text,
         journal_erase_v2.decision
    FROM resource_version v
   WHERE v.owner = the_owner AND (v.type, v.id) IN (SELECT * FROM unnest(types, ids)) AND v.salt IS NOT NULL
   GROUP BY v.type, v.id;
  GET DIAGNOSTICS found = ROW_COUNT;
  IF found <> cardinality(ids) THEN RAISE EXCEPTION 'erased already' USING ERRCODE = 'AK002'; END IF;

  UPDATE resource_version v SET body = NULL, salt = NULL
   WHERE v.owner = the_owner AND (v.type, v.id) IN (SELECT * FROM unnest(types, ids));
  SELECT array_agg(DISTINCT t.token) INTO stood FROM resource r CROSS JOIN LATERAL unnest(r.tokens) AS t (token)
   WHERE r.owner = the_owner AND (r.type, r.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_token s USING resource r
   WHERE r.owner = the_owner AND (r.type, r.id) IN (SELECT * FROM unnest(types, ids))
     AND s.token = ANY (r.tokens) AND s.owner = r.owner AND s.id = r.id;
  DELETE FROM search_group s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM search_reference s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM search_string s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM search_date s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM search_number s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM search_text s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM worklist w WHERE w.owner = the_owner AND (w.type, w.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM fact f WHERE f.owner = the_owner AND (f.type, f.id) IN (SELECT * FROM unnest(types, ids))
     AND NOT (f.kind = 'labelled' AND f.data::jsonb #> '{value,security}' ? 'child-concern');
  DELETE FROM person_identifier p USING owner o
   WHERE p.owner = the_owner AND o.owner = the_owner AND o.type = ANY (types);
  UPDATE resource r SET deleted = true, labels = '{}', about = '{}', tokens = '{}', sort_date = r.last_updated
   WHERE r.owner = the_owner AND (r.type, r.id) IN (SELECT * FROM unnest(types, ids));

  WITH leaf AS (
    SELECT e.type, e.id, sha256(convert_to(concat_ws('|', 'erased', e.owner, e.seq, e.type, e.id, e.leaves, e.decision),
                                           'UTF8')) AS leaf
      FROM erasure e WHERE e.owner = the_owner AND e.seq = entry
  ), total AS (
    SELECT count(*)::integer AS leaves, sha256(string_agg(l.leaf, '' ORDER BY l.type, l.id)) AS digest,
           string_agg(substr(l.leaf, 1, 8), '' ORDER BY l.type, l.id) AS prints
      FROM leaf l
  ), linked AS (
    INSERT INTO chain (owner, seq, at, leaves, digest, prints, head)
    SELECT o.owner, entry, o.last_updated, t.leaves, t.digest, t.prints, sha256(o.head || int8send(entry) || t.digest)
      FROM owner o, total t WHERE o.owner = the_owner
    RETURNING head
  )
  UPDATE owner o SET head = linked.head, facts_rev = o.facts_rev + 1, facts = g.facts, restricted = g.restricted
    FROM linked, (SELECT coalesce('[' || string_agg(f.data, ',' ORDER BY f.type, f.id, f.n) || ']', '[]') AS facts,
                         coalesce(bool_or(f.kind IN ('block', 'protection', 'labelled')), false) AS restricted
                    FROM fact f WHERE f.owner = the_owner) g
   WHERE o.owner = the_owner;

  -- News of an erasure carries version 0: those who keep copies of the content let go of it.
  INSERT INTO news (owner, seq, bucket, at, types, ids, versions)
  SELECT o.owner, entry, (o.owner & 63)::smallint, o.last_updated, journal_erase_v2.types, journal_erase_v2.ids,
         array_fill(0, ARRAY[cardinality(journal_erase_v2.ids)])
    FROM owner o WHERE o.owner = the_owner;
  PERFORM search_display_end_v1(the_owner, stood);
  RETURN entry;
END $$;

-- What was written before is found by its own rows until it is made anew, owner by owner, while the others work.
INSERT INTO reindex SELECT owner FROM owner ON CONFLICT DO NOTHING;

-- As in 0024_analyze.sql, with the texts.
CREATE OR REPLACE FUNCTION journal_analyze_v1(name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
BEGIN
  IF name NOT IN ('owner', 'resource', 'resource_version', 'locator', 'fact', 'person_identifier', 'search_token', 'search_group',
                  'search_reference', 'search_string', 'search_date', 'search_number', 'search_text', 'search_display') THEN
    RAISE EXCEPTION 'not a table of the journal' USING ERRCODE = 'insufficient_privilege';
  END IF;
  EXECUTE format('ANALYZE %I', name);
EXCEPTION WHEN lock_not_available THEN
  NULL;  -- somebody else is at it
END $$;
