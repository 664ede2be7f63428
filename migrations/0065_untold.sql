-- What is erased of a report to the barnevern leaves behind that it was one, and of what content there was nothing: the access log
-- goes on to name its id, and is not to tell the parents of it (akson/access/duty.py). In all else the function is as 0041 has it.
CREATE OR REPLACE FUNCTION journal_erase_v2(at timestamp with time zone, the_owner bigint, rev bigint, types smallint[], ids text[], decision text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  entry bigint;
  found integer;
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
  DELETE FROM search_token s USING resource r
   WHERE r.owner = the_owner AND (r.type, r.id) IN (SELECT * FROM unnest(types, ids))
     AND s.token = ANY (r.tokens) AND s.owner = r.owner AND s.id = r.id;
  DELETE FROM search_group s WHERE s.owner = the_owner AND (s.type, s.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_reference s WHERE s.owner = the_owner AND (s.type, s.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_string s WHERE s.owner = the_owner AND (s.type, s.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_date s WHERE s.owner = the_owner AND (s.type, s.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_number s WHERE s.owner = the_owner AND (s.type, s.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_text s WHERE s.owner = the_owner AND (s.type, s.id) IN (SELECT * FROM unnest(types, ids));
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
  RETURN entry;
END $$;
