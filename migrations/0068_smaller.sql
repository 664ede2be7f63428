-- Who looks for the search values of a resource does so by the number that the step before made indexes on.

-- As in 0021_write.sql, but for that; and where `hot` is below zero, of so many tokens from the first each second one is told by
-- the row of the one before it only, see 0067_places.sql. The same one twice: the resource has that code of several systems.
-- Where it is above zero, a program of the release before has written: each has a row, as it had.
CREATE OR REPLACE FUNCTION journal_values_v1(anew boolean, c_owner bigint[], c_type smallint[], c_id text[], c_expect integer[], c_tokens text[], c_hot integer[], c_prints bytea[], g_n integer[], g_grp smallint[], g_token bigint[], r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[], s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[], d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamp with time zone[], d_high timestamp with time zone[], q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[], q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[], w_n integer[], w_narrative text[], w_words text[]) RETURNS integer
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
  many CONSTANT integer := cardinality(c_id);
  none CONSTANT bytea := '\x000000000000';
  -- Of each resource the kinds that stay as they are, as bits: 1 groups, 2 references, 4 strings, 8 dates, 16 numbers,
  -- 32 words, 64 tokens; and what stays of all of them. Of one resource: what goes, and the hot tokens that stood.
  same integer[] := array_fill(0, ARRAY[many]);
  everywhere integer := CASE WHEN 0 = ANY (c_expect) THEN 0 ELSE 127 END;
  stay integer; goes integer; stood bigint[]; place bigint;
BEGIN
  IF 0 < ANY (c_expect) THEN
    FOR c IN 1 .. many LOOP
      CONTINUE WHEN c_expect[c] = 0;
      SELECT k.stood, CASE WHEN anew OR r.prints IS NULL OR r.hot IS NULL THEN 0
               ELSE (substr(r.prints, 1, 6) = substr(k.prints, 1, 6))::integer
                    + 2 * (substr(r.prints, 7, 6) = substr(k.prints, 7, 6))::integer
                    + 4 * (substr(r.prints, 13, 6) = substr(k.prints, 13, 6))::integer
                    + 8 * (substr(r.prints, 19, 6) = substr(k.prints, 19, 6))::integer
                    + 16 * (substr(r.prints, 25, 6) = substr(k.prints, 25, 6))::integer
                    + 32 * (substr(r.prints, 31, 6) = substr(k.prints, 31, 6))::integer
                    + 64 * (k.stood = (c_tokens[c]::bigint[])[1:abs(c_hot[c])] AND sign(r.hot) = sign(c_hot[c]))::integer END,
             CASE WHEN anew OR r.prints IS NULL OR r.hot IS NULL THEN 127
               ELSE (substr(r.prints, 1, 6) <> none)::integer + 2 * (substr(r.prints, 7, 6) <> none)::integer
                    + 4 * (substr(r.prints, 13, 6) <> none)::integer + 8 * (substr(r.prints, 19, 6) <> none)::integer
                    + 16 * (substr(r.prints, 25, 6) <> none)::integer + 32 * (substr(r.prints, 31, 6) <> none)::integer
                    + 64 * (r.hot <> 0)::integer END
        INTO stood, stay, goes
        FROM resource r
       CROSS JOIN LATERAL (SELECT CASE WHEN r.hot IS NULL THEN r.tokens ELSE r.tokens[1:abs(r.hot)] END AS stood,
                                  c_prints[c] AS prints) k
       WHERE r.owner = c_owner[c] AND r.type = c_type[c] AND r.id = c_id[c];
      same[c] := stay;
      everywhere := everywhere & stay;
      goes := goes & ~stay;
      CONTINUE WHEN goes = 0;
      IF goes & 64 > 0 THEN
        DELETE FROM search_token s WHERE s.token = ANY (stood) AND s.owner = c_owner[c] AND s.id = c_id[c];
      END IF;
      place := c_owner[c] # (hashtext(c_id[c]) & 2147483647);
      IF goes & 1 > 0 THEN
        DELETE FROM search_group s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 2 > 0 THEN
        DELETE FROM search_reference s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 4 > 0 THEN
        DELETE FROM search_string s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 8 > 0 THEN
        DELETE FROM search_date s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 16 > 0 THEN
        DELETE FROM search_number s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 32 > 0 THEN
        DELETE FROM search_text s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
    END LOOP;
    IF everywhere = 127 THEN RETURN everywhere; END IF;
  END IF;

  IF everywhere & 64 = 0 AND 0 <> ANY (c_hot) THEN
    INSERT INTO search_token (token, owner, id, named)
    SELECT t.a[k], c_owner[t.n], c_id[t.n],
           CASE WHEN c_hot[t.n] > 0 OR t.a[k + 1] = t.a[k] THEN 0 ELSE (t.a[k + 1] >> 32)::integer END
      FROM (SELECT n, c_tokens[n]::bigint[] AS a FROM generate_series(1, many) n WHERE same[n] & 64 = 0 OFFSET 0) t
     CROSS JOIN generate_series(1, abs(c_hot[t.n]), CASE WHEN c_hot[t.n] < 0 THEN 2 ELSE 1 END) k;
  END IF;
  IF everywhere & 1 = 0 AND cardinality(g_n) > 0 THEN
    INSERT INTO search_group (owner, type, grp, id, tokens)
    SELECT c_owner[g_n[x]], c_type[g_n[x]], g_grp[x], c_id[g_n[x]], array_agg(g_token[x])
      FROM generate_series(1, cardinality(g_n)) x WHERE same[g_n[x]] & 1 = 0 GROUP BY g_n[x], g_grp[x];
  END IF;
  IF everywhere & 2 = 0 AND cardinality(r_n) > 0 THEN
    INSERT INTO search_reference (owner, slot, type, grp, target_owner, target_type, id, target)
    SELECT c_owner[r_n[x]], r_slot[x], c_type[r_n[x]], r_grp[x], r_owner[x], r_type[x], c_id[r_n[x]], r_target[x]
      FROM generate_series(1, cardinality(r_n)) x WHERE same[r_n[x]] & 2 = 0;
  END IF;
  IF everywhere & 4 = 0 AND cardinality(s_n) > 0 THEN
    INSERT INTO search_string (owner, slot, type, grp, exact, id, value)
    SELECT c_owner[s_n[x]], s_slot[x], c_type[s_n[x]], s_grp[x], s_exact[x], c_id[s_n[x]], s_value[x]
      FROM generate_series(1, cardinality(s_n)) x WHERE same[s_n[x]] & 4 = 0;
  END IF;
  IF everywhere & 8 = 0 AND cardinality(d_n) > 0 THEN
    INSERT INTO search_date (owner, slot, type, grp, low, high, id)
    SELECT c_owner[d_n[x]], d_slot[x], c_type[d_n[x]], d_grp[x], d_low[x], d_high[x], c_id[d_n[x]]
      FROM generate_series(1, cardinality(d_n)) x WHERE same[d_n[x]] & 8 = 0;
  END IF;
  IF everywhere & 16 = 0 AND cardinality(q_n) > 0 THEN
    INSERT INTO search_number (owner, slot, type, grp, base, code, name, low, high, base_low, base_high, id)
    SELECT c_owner[q_n[x]], q_slot[x], c_type[q_n[x]], q_grp[x], q_base[x], q_code[x], q_name[x], q_low[x], q_high[x],
           q_base_low[x], q_base_high[x], c_id[q_n[x]]
      FROM generate_series(1, cardinality(q_n)) x WHERE same[q_n[x]] & 16 = 0;
  END IF;
  IF everywhere & 32 = 0 AND cardinality(w_n) > 0 THEN
    INSERT INTO search_text (owner, type, id, narrative, words)
    SELECT c_owner[w_n[x]], c_type[w_n[x]], c_id[w_n[x]],
           CASE WHEN w_narrative[x] <> '' THEN strip(to_tsvector('pg_catalog.norwegian', w_narrative[x])) END,
           strip(to_tsvector('pg_catalog.norwegian', w_narrative[x] || ' ' || w_words[x]))
      FROM generate_series(1, cardinality(w_n)) x WHERE same[w_n[x]] & 32 = 0;
  END IF;
  RETURN everywhere;
END $$;

ALTER TABLE search_token DROP CONSTRAINT search_token_pkey;
ALTER TABLE search_token ADD CONSTRAINT search_token_pkey PRIMARY KEY USING INDEX search_token_key;

-- As in 0065_untold.sql, but for that.
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
  RETURN entry;
END $$;

DROP INDEX search_group_of;
DROP INDEX search_reference_of;
DROP INDEX search_string_of;
DROP INDEX search_date_of;
DROP INDEX search_number_of;
DROP INDEX search_text_of;

-- What waits to be put into an index on words and tokens is read by every search through it, and the room that it took is never
-- given back. The default of 4 MB was more than all that stands in there for a municipality of a thousand people.
ALTER INDEX resource_tokens SET (gin_pending_list_limit = 256);
ALTER INDEX search_text_words SET (gin_pending_list_limit = 256);
ALTER INDEX search_text_narrative SET (gin_pending_list_limit = 256);

-- What was written before is right as it is, but has the rows that are not asked for any more, and its codes are found by one more
-- look at each. So all is made anew, owner by owner, while the others work: about as much work as to import it all.
INSERT INTO reindex SELECT owner FROM owner ON CONFLICT DO NOTHING;
