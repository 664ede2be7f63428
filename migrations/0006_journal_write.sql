-- How the journal is written, and how anything ever leaves it.

-- What the chain keeps of one version: nothing can be guessed from it without the salt.
CREATE FUNCTION journal_leaf_v1(v resource_version) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(v.salt || convert_to(concat_ws('|', v.owner, v.type, v.id, v.version, v.method,
           (extract(epoch FROM v.last_updated) * 1000000)::bigint, v.author), 'UTF8') || coalesce(v.body, ''))
$$;

-- The write protocol as one call: lock the owners in order, look again at what was decided upon, write.
--
-- The caller has decided on facts of revision o_rev and on current versions c_expect. Each statement of the function sees
-- what is committed when it starts, so the second statement sees all that was committed while the first waited for its
-- locks. If a fact or a version changed meanwhile the call raises AK008 or AK003 and the caller decides again; AK002 when
-- what it changes was erased: an erased id never carries content again, whoever sends it once more.
--
-- o_*  one per owner, any order: key, new here?, type, expected facts revision, are its facts rewritten?, restricted?
-- c_*  one per change, in the order of the set; c_expect 0 = must not exist
-- x_*  search values, by number of the change they belong to (1-based)
-- f_*  facts, likewise; i_* identifiers; l_* ids minted elsewhere
CREATE FUNCTION journal_write_v1(
  at timestamptz, author text,
  o_key bigint[], o_new boolean[], o_type smallint[], o_rev bigint[], o_facts boolean[],
  c_owner bigint[], c_type smallint[], c_id text[], c_expect integer[], c_method text[], c_body bytea[], c_salt bytea[],
  c_sort timestamptz[], c_controller bigint, c_unit bigint, c_author bigint, c_person boolean[], c_labels text[],
  a_n integer[], a_key bigint[],
  t_n integer[], t_token bigint[], t_hot boolean[],
  r_n integer[], r_param smallint[], r_type smallint[], r_target text[],
  s_n integer[], s_param smallint[], s_value text[],
  d_n integer[], d_param smallint[], d_low timestamptz[], d_high timestamptz[],
  q_n integer[], q_param smallint[], q_unit bigint[], q_low numeric[], q_high numeric[],
  f_n integer[], f_kind text[], f_unit bigint[], f_person bigint[], f_data text[],
  i_system text[], i_value text[], i_owner bigint[],
  l_type smallint[], l_id text[], l_owner bigint[]
) RETURNS TABLE (n integer, version integer, last_updated timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  wrong integer;
  changed boolean := EXISTS (SELECT FROM unnest(c_expect) e WHERE e > 0);
BEGIN
  -- 1. Lock, in order: owners that exist first, then the new ones are made (their keys are fresh and cannot wait).
  UPDATE owner o SET chain_seq = o.chain_seq + 1, last_updated = greatest(at, o.last_updated + interval '1 ms')
    FROM (SELECT k.owner FROM owner k WHERE k.owner = ANY (o_key) ORDER BY k.owner FOR NO KEY UPDATE) locked
   WHERE o.owner = locked.owner;
  INSERT INTO owner (owner, type, chain_seq, last_updated)
  SELECT k, t, 1, at FROM unnest(o_key, o_type, o_new) AS u (k, t, fresh) WHERE fresh;

  -- 2. Look again, in a later statement.
  SELECT count(*) INTO wrong
    FROM unnest(o_key, o_rev) AS u (k, rev) LEFT JOIN owner o ON o.owner = u.k
   WHERE o.facts_rev IS DISTINCT FROM u.rev;
  IF wrong > 0 THEN RAISE EXCEPTION 'facts changed' USING ERRCODE = 'AK008'; END IF;
  SELECT count(*) INTO wrong
    FROM unnest(c_owner, c_type, c_id, c_expect) AS u (k, t, i, expect)
    LEFT JOIN resource r ON r.owner = u.k AND r.type = u.t AND r.id = u.i
   WHERE coalesce(r.version, 0) <> u.expect;
  IF wrong > 0 THEN RAISE EXCEPTION 'version changed' USING ERRCODE = 'AK003'; END IF;
  IF changed AND EXISTS (SELECT FROM unnest(c_owner, c_type, c_id) AS u (k, t, i)
                           JOIN erasure e ON e.owner = u.k AND e.type = u.t AND e.id = u.i) THEN
    RAISE EXCEPTION 'erased' USING ERRCODE = 'AK002';
  END IF;

  -- 3. Write.
  IF changed THEN
    DELETE FROM search_token s USING resource r, unnest(c_owner, c_type, c_id, c_expect) AS u (k, t, i, expect)
     WHERE u.expect > 0 AND r.owner = u.k AND r.type = u.t AND r.id = u.i
       AND s.token = ANY (r.tokens) AND s.date = r.sort_date AND s.owner = r.owner AND s.id = r.id;
    DELETE FROM search_reference s USING unnest(c_owner, c_type, c_id, c_expect) AS u (k, t, i, expect)
     WHERE u.expect > 0 AND s.owner = u.k AND s.type = u.t AND s.id = u.i;
    DELETE FROM search_string s USING unnest(c_owner, c_type, c_id, c_expect) AS u (k, t, i, expect)
     WHERE u.expect > 0 AND s.owner = u.k AND s.type = u.t AND s.id = u.i;
    DELETE FROM search_date s USING unnest(c_owner, c_type, c_id, c_expect) AS u (k, t, i, expect)
     WHERE u.expect > 0 AND s.owner = u.k AND s.type = u.t AND s.id = u.i;
    DELETE FROM search_number s USING unnest(c_owner, c_type, c_id, c_expect) AS u (k, t, i, expect)
     WHERE u.expect > 0 AND s.owner = u.k AND s.type = u.t AND s.id = u.i;
    DELETE FROM fact f USING unnest(c_owner, c_type, c_id, c_expect) AS u (k, t, i, expect)
     WHERE u.expect > 0 AND f.owner = u.k AND f.type = u.t AND f.id = u.i;
    DELETE FROM person_identifier p USING unnest(c_owner, c_type, c_id, c_expect) AS u (k, t, i, expect), owner o
     WHERE u.expect > 0 AND p.owner = u.k AND o.owner = u.k AND o.type = u.t;
  END IF;

  INSERT INTO resource_version (owner, type, id, version, last_updated, chain_seq, n, method, author, body, salt)
  SELECT u.k, u.t, u.i, u.expect + 1, o.last_updated, o.chain_seq, u.n, u.method, journal_write_v1.author, u.body, u.salt
    FROM unnest(c_owner, c_type, c_id, c_expect, c_method, c_body, c_salt) WITH ORDINALITY
         AS u (k, t, i, expect, method, body, salt, n)
    JOIN owner o ON o.owner = u.k;

  INSERT INTO resource (owner, type, id, version, last_updated, sort_date, controller, unit, author, person, deleted,
                        labels, about, tokens)
  SELECT u.k, u.t, u.i, u.expect + 1, o.last_updated, coalesce(u.sort, o.last_updated), c_controller, c_unit, c_author,
         u.person, u.method = 'DELETE', string_to_array(u.labels, ' '),
         coalesce(a.keys, '{}'), coalesce(t.tokens, '{}')
    FROM unnest(c_owner, c_type, c_id, c_expect, c_method, c_sort, c_person, c_labels) WITH ORDINALITY
         AS u (k, t, i, expect, method, sort, person, labels, n)
    JOIN owner o ON o.owner = u.k
    LEFT JOIN (SELECT x.n, array_agg(x.key) AS keys FROM unnest(a_n, a_key) AS x (n, key) GROUP BY x.n) a ON a.n = u.n
    LEFT JOIN (SELECT x.n, array_agg(x.token) AS tokens FROM unnest(t_n, t_token) AS x (n, token) GROUP BY x.n) t
           ON t.n = u.n
  ON CONFLICT (owner, type, id) DO UPDATE SET version = excluded.version, last_updated = excluded.last_updated,
     sort_date = excluded.sort_date, controller = excluded.controller, unit = excluded.unit, author = excluded.author,
     deleted = excluded.deleted, labels = excluded.labels, about = excluded.about, tokens = excluded.tokens;

  IF cardinality(t_n) > 0 THEN
    INSERT INTO search_token (token, date, owner, type, id)
    SELECT x.token, coalesce(u.sort, o.last_updated), u.k, u.t, u.i
      FROM unnest(t_n, t_token, t_hot) AS x (n, token, hot)
      JOIN unnest(c_owner, c_type, c_id, c_sort) WITH ORDINALITY AS u (k, t, i, sort, n) ON u.n = x.n
      JOIN owner o ON o.owner = u.k
     WHERE x.hot;
  END IF;
  IF cardinality(r_n) > 0 THEN
    INSERT INTO search_reference (owner, type, id, param, target_type, target)
    SELECT u.k, u.t, u.i, x.param, x.type, x.target
      FROM unnest(r_n, r_param, r_type, r_target) AS x (n, param, type, target)
      JOIN unnest(c_owner, c_type, c_id) WITH ORDINALITY AS u (k, t, i, n) ON u.n = x.n;
  END IF;
  IF cardinality(s_n) > 0 THEN
    INSERT INTO search_string (owner, type, id, param, value)
    SELECT u.k, u.t, u.i, x.param, x.value
      FROM unnest(s_n, s_param, s_value) AS x (n, param, value)
      JOIN unnest(c_owner, c_type, c_id) WITH ORDINALITY AS u (k, t, i, n) ON u.n = x.n;
  END IF;
  IF cardinality(d_n) > 0 THEN
    INSERT INTO search_date (owner, type, id, param, low, high)
    SELECT u.k, u.t, u.i, x.param, x.low, x.high
      FROM unnest(d_n, d_param, d_low, d_high) AS x (n, param, low, high)
      JOIN unnest(c_owner, c_type, c_id) WITH ORDINALITY AS u (k, t, i, n) ON u.n = x.n;
  END IF;
  IF cardinality(q_n) > 0 THEN
    INSERT INTO search_number (owner, type, id, param, unit, low, high)
    SELECT u.k, u.t, u.i, x.param, x.unit, x.low, x.high
      FROM unnest(q_n, q_param, q_unit, q_low, q_high) AS x (n, param, unit, low, high)
      JOIN unnest(c_owner, c_type, c_id) WITH ORDINALITY AS u (k, t, i, n) ON u.n = x.n;
  END IF;
  IF cardinality(i_system) > 0 THEN
    INSERT INTO person_identifier (system, value, owner)
    SELECT * FROM unnest(i_system, i_value, i_owner) ORDER BY 1, 2;  -- sets that take the same ones wait, not deadlock
  END IF;
  IF cardinality(l_id) > 0 THEN
    INSERT INTO locator (type, id, owner) SELECT * FROM unnest(l_type, l_id, l_owner) ORDER BY 1, 2;
  END IF;

  -- Facts: rewritten for the resources of the set, then gathered on the owner's row, under its lock.
  IF true = ANY (o_facts) THEN
    INSERT INTO fact (owner, type, id, n, kind, unit, person, data)
    SELECT u.k, u.t, u.i, row_number() OVER (PARTITION BY x.n), x.kind, x.unit, x.person, x.data
      FROM unnest(f_n, f_kind, f_unit, f_person, f_data) AS x (n, kind, unit, person, data)
      JOIN unnest(c_owner, c_type, c_id) WITH ORDINALITY AS u (k, t, i, n) ON u.n = x.n;
    UPDATE owner o SET facts = g.facts, facts_rev = o.facts_rev + 1, restricted = g.restricted
      FROM (SELECT u.k, coalesce('[' || string_agg(f.data, ',' ORDER BY f.type, f.id, f.n) || ']', '[]') AS facts,
                   coalesce(bool_or(f.kind IN ('block', 'protection', 'labelled')), false) AS restricted
              FROM unnest(o_key, o_facts) AS u (k, changed) LEFT JOIN fact f ON f.owner = u.k
             WHERE u.changed GROUP BY u.k) g
     WHERE o.owner = g.k;
  END IF;

  -- The chain, and the news.
  WITH leaf AS (
    SELECT v.owner, v.n, journal_leaf_v1(v) AS leaf
      FROM unnest(c_owner, c_type, c_id, c_expect) AS u (k, t, i, expect)
      JOIN resource_version v ON v.owner = u.k AND v.type = u.t AND v.id = u.i AND v.version = u.expect + 1
  ), entry AS (
    SELECT o.owner, o.chain_seq, o.last_updated, count(*)::integer AS leaves,
           sha256(string_agg(l.leaf, '' ORDER BY l.n)) AS digest,
           string_agg(substr(l.leaf, 1, 8), '' ORDER BY l.n) AS prints, o.head AS previous
      FROM leaf l JOIN owner o ON o.owner = l.owner GROUP BY o.owner
  ), linked AS (
    INSERT INTO chain (owner, seq, at, leaves, digest, prints, head)
    SELECT e.owner, e.chain_seq, e.last_updated, e.leaves, e.digest, e.prints,
           sha256(e.previous || int8send(e.chain_seq) || e.digest) FROM entry e
    RETURNING owner, head
  )
  UPDATE owner o SET head = linked.head FROM linked WHERE o.owner = linked.owner;

  INSERT INTO news (owner, seq, bucket, at, types, ids, versions)
  SELECT o.owner, o.chain_seq, (o.owner & 63)::smallint, o.last_updated,
         array_agg(u.t ORDER BY u.n), array_agg(u.i ORDER BY u.n), array_agg(u.expect + 1 ORDER BY u.n)
    FROM unnest(c_owner, c_type, c_id, c_expect) WITH ORDINALITY AS u (k, t, i, expect, n)
    JOIN owner o ON o.owner = u.k
   GROUP BY o.owner;

  RETURN QUERY SELECT u.n::integer, u.expect + 1, o.last_updated
    FROM unnest(c_owner, c_expect) WITH ORDINALITY AS u (k, expect, n) JOIN owner o ON o.owner = u.k ORDER BY u.n;
END $$;
GRANT EXECUTE ON FUNCTION journal_write_v1 TO akson_app;

-- Erasure after a decision: takes body and salt from every version of the named resources of one owner, removes their search
-- values, facts and worklist rows, keeps the leaves, and records the decision in the chain. The only way anything leaves the
-- journal. All of them or none: AK002 when one has been erased already, AK008 when the facts decided upon have changed.
CREATE FUNCTION journal_erase_v1(at timestamptz, the_owner bigint, rev bigint, types smallint[], ids text[], decision text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
         json_agg(json_build_array(v.version, encode(journal_leaf_v1(v), 'hex')) ORDER BY v.version)::text,
         journal_erase_v1.decision
    FROM resource_version v
   WHERE v.owner = the_owner AND (v.type, v.id) IN (SELECT * FROM unnest(types, ids)) AND v.salt IS NOT NULL
   GROUP BY v.type, v.id;
  GET DIAGNOSTICS found = ROW_COUNT;
  IF found <> cardinality(ids) THEN RAISE EXCEPTION 'erased already' USING ERRCODE = 'AK002'; END IF;

  UPDATE resource_version v SET body = NULL, salt = NULL
   WHERE v.owner = the_owner AND (v.type, v.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_token s USING resource r
   WHERE r.owner = the_owner AND (r.type, r.id) IN (SELECT * FROM unnest(types, ids))
     AND s.token = ANY (r.tokens) AND s.date = r.sort_date AND s.owner = r.owner AND s.id = r.id;
  DELETE FROM search_reference s WHERE s.owner = the_owner AND (s.type, s.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_string s WHERE s.owner = the_owner AND (s.type, s.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_date s WHERE s.owner = the_owner AND (s.type, s.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_number s WHERE s.owner = the_owner AND (s.type, s.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM worklist w WHERE w.owner = the_owner AND (w.type, w.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM fact f WHERE f.owner = the_owner AND (f.type, f.id) IN (SELECT * FROM unnest(types, ids));
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
  SELECT o.owner, entry, (o.owner & 63)::smallint, o.last_updated, journal_erase_v1.types, journal_erase_v1.ids,
         array_fill(0, ARRAY[cardinality(journal_erase_v1.ids)])
    FROM owner o WHERE o.owner = the_owner;
  RETURN entry;
END $$;
REVOKE ALL ON FUNCTION journal_erase_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_erase_v1 TO akson_eraser;
