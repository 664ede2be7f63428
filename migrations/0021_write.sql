-- Writing costs less: search values that a new version leaves as they were are not written again. Each resource keeps short
-- prints of the rows it gave rise to, one for each kind; where a print is the same, so are the rows. The rows are written in
-- one place, for a write and for indexing anew.

-- hot     how many of `tokens`, from the first, stand in search_token too
-- prints  of its rows in search_group, search_reference, search_string, search_date, search_number and search_text: 6 bytes
--         each, all zero where it has none (record/values.py)
-- Both null for what was written earlier: not known, so all is taken away and written again. So must they be where those
-- rows are changed by other ways than the functions below.
ALTER TABLE resource ADD COLUMN hot integer, ADD COLUMN prints bytea;

-- What the chain keeps of one version; as journal_leaf_v1, for what is not a row yet.
CREATE FUNCTION journal_leaf_v2(salt bytea, owner bigint, type smallint, id text, version integer, method text,
                                last_updated timestamptz, author text, body bytea)
RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(salt || convert_to(concat_ws('|', owner, type, id, version, method,
           (extract(epoch FROM last_updated) * 1000000)::bigint, author), 'UTF8') || coalesce(body, ''))
$$;

-- Puts search values in place of those of some resources, whose owners' locks the caller holds. Returns nothing of use.
-- Called by the two functions below, whose settings hold here too: one good plan for each statement, made once per
-- connection. Arrays are walked by their places; unnest of ten arrays costs ten times as much.
--
-- anew  whatever stands is written again, though it be the same
-- c_*   one per resource; c_expect 0: nothing stands there yet. c_tokens: array literals, the hot ones first
-- g_* r_* s_* d_* q_* w_*  by number of the resource they belong to (1-based), null where there are none; see 0013_search.sql
CREATE FUNCTION journal_values_v1(
  anew boolean, c_owner bigint[], c_type smallint[], c_id text[], c_expect integer[],
  c_tokens text[], c_hot integer[], c_prints bytea[],
  g_n integer[], g_grp smallint[], g_token bigint[],
  r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[],
  s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[],
  d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamptz[], d_high timestamptz[],
  q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[],
  q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[],
  w_n integer[], w_narrative text[], w_words text[]
) RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  many CONSTANT integer := cardinality(c_id);
  none CONSTANT bytea := '\x000000000000';
  -- Of each resource the kinds that stay as they are, as bits: 1 groups, 2 references, 4 strings, 8 dates, 16 numbers,
  -- 32 words, 64 tokens; and what stays of all of them. Of one resource: what goes, and the hot tokens that stood.
  same integer[] := array_fill(0, ARRAY[many]);
  everywhere integer := CASE WHEN 0 = ANY (c_expect) THEN 0 ELSE 127 END;
  stay integer; goes integer; stood bigint[];
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
                    + 64 * (k.stood = (c_tokens[c]::bigint[])[1:c_hot[c]])::integer END,
             CASE WHEN anew OR r.prints IS NULL OR r.hot IS NULL THEN 127
               ELSE (substr(r.prints, 1, 6) <> none)::integer + 2 * (substr(r.prints, 7, 6) <> none)::integer
                    + 4 * (substr(r.prints, 13, 6) <> none)::integer + 8 * (substr(r.prints, 19, 6) <> none)::integer
                    + 16 * (substr(r.prints, 25, 6) <> none)::integer + 32 * (substr(r.prints, 31, 6) <> none)::integer
                    + 64 * (r.hot > 0)::integer END
        INTO stood, stay, goes
        FROM resource r
       CROSS JOIN LATERAL (SELECT CASE WHEN r.hot IS NULL THEN r.tokens ELSE r.tokens[1:r.hot] END AS stood,
                                  c_prints[c] AS prints) k
       WHERE r.owner = c_owner[c] AND r.type = c_type[c] AND r.id = c_id[c];
      same[c] := stay;
      everywhere := everywhere & stay;
      goes := goes & ~stay;
      CONTINUE WHEN goes = 0;
      IF goes & 64 > 0 THEN
        DELETE FROM search_token s WHERE s.token = ANY (stood) AND s.owner = c_owner[c] AND s.id = c_id[c];
      END IF;
      IF goes & 1 > 0 THEN
        DELETE FROM search_group s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 2 > 0 THEN
        DELETE FROM search_reference s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 4 > 0 THEN
        DELETE FROM search_string s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 8 > 0 THEN
        DELETE FROM search_date s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 16 > 0 THEN
        DELETE FROM search_number s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 32 > 0 THEN
        DELETE FROM search_text s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
    END LOOP;
    IF everywhere = 127 THEN RETURN everywhere; END IF;
  END IF;

  IF everywhere & 64 = 0 AND 0 < ANY (c_hot) THEN
    INSERT INTO search_token (token, owner, id)
    SELECT unnest((c_tokens[n]::bigint[])[1:c_hot[n]]), c_owner[n], c_id[n]
      FROM generate_series(1, many) n WHERE same[n] & 64 = 0;
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

-- The write protocol as one call: lock the owners in order, look again at what was decided upon, write.
--
-- The caller has decided on facts of revision o_rev and on current versions c_expect. Each statement of the function sees
-- what is committed when it starts, so what follows the locks sees all that was committed while it waited for them. If a
-- fact or a version changed meanwhile the call raises AK008 or AK003 and the caller decides again; AK002 when what it
-- changes was erased: an erased id never carries content again, whoever sends it once more.
--
-- Returns the time that each owner's set was written at: the caller's, or later than the owner's last and than every
-- watermark of an export. The transaction has its number before it looks for those, so each one is either running still when
-- an export asks whether it is ready, or has seen the watermark.
--
-- o_*  one per owner: those that stand, in the order of their keys, then o_fresh new ones; type, expected facts revision,
--      are its facts rewritten?
-- c_*  one per change, in the order of the set; c_o: place of its owner in o_key; c_expect 0 = must not exist;
--      c_about, c_tokens: array literals
-- c_tokens c_hot c_prints g_* r_* s_* d_* q_* w_*  search values, as in journal_values_v1
-- f_*  facts, by number of the change they belong to; i_* identifiers; l_* ids minted elsewhere; null where there are none
CREATE FUNCTION journal_write_v3(
  at timestamptz, author text,
  o_key bigint[], o_fresh integer, o_type smallint[], o_rev bigint[], o_facts boolean[],
  c_o integer[], c_owner bigint[], c_type smallint[], c_id text[], c_expect integer[], c_method text[], c_body bytea[],
  c_salt bytea[], c_sort timestamptz[], c_controller bigint, c_unit bigint, c_author bigint, c_person boolean[],
  c_labels text[], c_about text[], c_tokens text[], c_hot integer[], c_prints bytea[],
  g_n integer[], g_grp smallint[], g_token bigint[],
  r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[],
  s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[],
  d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamptz[], d_high timestamptz[],
  q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[],
  q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[],
  w_n integer[], w_narrative text[], w_words text[],
  f_n integer[], f_kind text[], f_unit bigint[], f_person bigint[], f_data text[],
  i_system text[], i_value text[], i_owner bigint[],
  l_type smallint[], l_id text[], l_owner bigint[]
) RETURNS timestamptz[]
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
-- Planned once per connection: plans made for each call cost more than the writing, and those made for an empty table read
-- all of it when it has grown. So each statement has one good plan only: tables are reached by their keys, one at a time,
-- and no two are joined.
DECLARE
  many CONSTANT integer := cardinality(c_id);
  stand CONSTANT integer := cardinality(o_key) - o_fresh;
  number CONSTANT xid8 := pg_current_xact_id();  -- for the watermarks, see above
  k_key bigint[]; k_rev bigint[];                                       -- as locked
  o_was smallint[]; o_seq bigint[]; o_at timestamptz[]; o_head bytea[]; -- the owners as they will be; o_was: their type
  later timestamptz; wrong boolean; erased boolean; kept integer;
BEGIN
  -- 1. Lock the owners that stand, in order; new ones have fresh keys and cannot wait.
  SELECT array_agg(o.owner), array_agg(o.facts_rev), array_agg(o.type), array_agg(o.chain_seq + 1),
         array_agg(greatest(at, o.last_updated + interval '1 ms')), array_agg(o.head),
         (SELECT e.at + interval '1 ms' FROM export e ORDER BY e.at DESC LIMIT 1)
    INTO k_key, k_rev, o_was, o_seq, o_at, o_head, later
    FROM (SELECT * FROM owner k WHERE k.owner = ANY (o_key[1:stand]) ORDER BY k.owner FOR NO KEY UPDATE) o;

  -- 2. Look again, at the facts as locked and, in a later statement, at the versions.
  IF stand > 0 THEN
    IF k_key IS DISTINCT FROM o_key[1:stand] OR k_rev IS DISTINCT FROM o_rev[1:stand] THEN
      RAISE EXCEPTION 'facts changed' USING ERRCODE = 'AK008';
    END IF;
    SELECT bool_or(c_expect[n] <> coalesce((SELECT r.version FROM resource r
                     WHERE r.owner = c_owner[n] AND r.type = c_type[n] AND r.id = c_id[n]), 0)),
           bool_or(CASE WHEN c_expect[n] > 0 THEN EXISTS (SELECT FROM erasure e
                     WHERE e.owner = c_owner[n] AND e.type = c_type[n] AND e.id = c_id[n]) END)
      INTO wrong, erased FROM generate_series(1, many) n;
    IF wrong THEN RAISE EXCEPTION 'version changed' USING ERRCODE = 'AK003'; END IF;
    IF erased THEN RAISE EXCEPTION 'erased' USING ERRCODE = 'AK002'; END IF;
  END IF;
  IF o_fresh > 0 THEN
    o_seq := o_seq || array_fill(1::bigint, ARRAY[o_fresh]);
    o_at := o_at || array_fill(at, ARRAY[o_fresh]);
    o_head := o_head || array_fill(''::bytea, ARRAY[o_fresh]);
  END IF;
  IF later > at THEN
    SELECT array_agg(greatest(later, o_at[o])) INTO o_at FROM generate_series(1, cardinality(o_key)) o;
  END IF;

  -- 3. Write: what the versions before gave rise to makes place for what the new ones do.
  kept := journal_values_v1(
    false, c_owner, c_type, c_id, c_expect, c_tokens, c_hot, c_prints, g_n, g_grp, g_token,
    r_n, r_slot, r_grp, r_type, r_owner, r_target, s_n, s_slot, s_grp, s_value, s_exact,
    d_n, d_slot, d_grp, d_low, d_high,
    q_n, q_slot, q_grp, q_low, q_high, q_base, q_base_low, q_base_high, q_code, q_name, w_n, w_narrative, w_words);
  IF 0 < ANY (c_expect) THEN
    FOR c IN 1 .. many LOOP
      CONTINUE WHEN c_expect[c] = 0;
      IF o_facts[c_o[c]] THEN
        DELETE FROM fact f WHERE f.owner = c_owner[c] AND f.type = c_type[c] AND f.id = c_id[c];
      END IF;
      IF c_type[c] = o_was[c_o[c]] THEN
        DELETE FROM person_identifier p WHERE p.owner = c_owner[c];
      END IF;
      UPDATE resource r
         SET version = c_expect[c] + 1, last_updated = o_at[c_o[c]], sort_date = coalesce(c_sort[c], r.sort_date),
             controller = c_controller, unit = c_unit, author = c_author, deleted = c_method[c] = 'DELETE',
             labels = string_to_array(c_labels[c], ' '), about = c_about[c]::bigint[], tokens = c_tokens[c]::bigint[],
             hot = c_hot[c], prints = c_prints[c]
       WHERE r.owner = c_owner[c] AND r.type = c_type[c] AND r.id = c_id[c];
    END LOOP;
  END IF;
  IF cardinality(i_system) > 0 THEN
    INSERT INTO person_identifier (system, value, owner) SELECT * FROM unnest(i_system, i_value, i_owner);
  END IF;
  IF cardinality(l_id) > 0 THEN
    INSERT INTO locator (type, id, owner) SELECT * FROM unnest(l_type, l_id, l_owner);
  END IF;
  IF cardinality(f_n) > 0 THEN
    INSERT INTO fact (owner, type, id, n, kind, unit, person, data)
    SELECT c_owner[f_n[x]], c_type[f_n[x]], c_id[f_n[x]], row_number() OVER (PARTITION BY f_n[x] ORDER BY x), f_kind[x],
           f_unit[x], f_person[x], f_data[x]
      FROM generate_series(1, cardinality(f_n)) x;
  END IF;

  -- The new resources, the versions, the chain over these, and the news.
  WITH entry AS (
    SELECT l.o, count(*)::integer AS leaves, sha256(string_agg(l.leaf, '')) AS digest,
           string_agg(substr(l.leaf, 1, 8), '') AS prints,
           array_agg(c_type[l.n]) AS types, array_agg(c_id[l.n]) AS ids, array_agg(c_expect[l.n] + 1) AS versions
      FROM (SELECT c_o[n] AS o, n,
                   journal_leaf_v2(c_salt[n], c_owner[n], c_type[n], c_id[n], c_expect[n] + 1, c_method[n], o_at[c_o[n]],
                                   author, c_body[n]) AS leaf
              FROM generate_series(1, many) n ORDER BY c_o[n], n) l GROUP BY l.o
  ), standing AS (
    INSERT INTO resource (owner, type, id, version, last_updated, sort_date, controller, unit, author, person, deleted,
                          labels, about, tokens, hot, prints)
    SELECT c_owner[n], c_type[n], c_id[n], 1, o_at[c_o[n]], coalesce(c_sort[n], o_at[c_o[n]]), c_controller, c_unit,
           c_author, c_person[n], c_method[n] = 'DELETE', string_to_array(c_labels[n], ' '), c_about[n]::bigint[],
           c_tokens[n]::bigint[], c_hot[n], c_prints[n]
      FROM generate_series(1, many) n WHERE c_expect[n] = 0
  ), written AS (
    INSERT INTO resource_version (owner, type, id, version, last_updated, chain_seq, n, method, author, body, salt)
    SELECT c_owner[n], c_type[n], c_id[n], c_expect[n] + 1, o_at[c_o[n]], o_seq[c_o[n]], n, c_method[n],
           journal_write_v3.author, c_body[n], c_salt[n]
      FROM generate_series(1, many) n
  ), told AS (
    INSERT INTO news (owner, seq, bucket, at, types, ids, versions)
    SELECT o_key[e.o], o_seq[e.o], (o_key[e.o] & 63)::smallint, o_at[e.o], e.types, e.ids, e.versions FROM entry e
  ), linked AS (
    INSERT INTO chain (owner, seq, at, leaves, digest, prints, head)
    SELECT o_key[e.o], o_seq[e.o], o_at[e.o], e.leaves, e.digest, e.prints,
           sha256(o_head[e.o] || int8send(o_seq[e.o]) || e.digest)
      FROM entry e
    RETURNING owner, head
  )
  SELECT array_agg(l.head ORDER BY array_position(o_key, l.owner)) INTO o_head FROM linked l;

  -- The owners, with all rows of their facts gathered.
  FOR o IN 1 .. stand LOOP
    IF o_facts[o] THEN
      UPDATE owner w
         SET chain_seq = o_seq[o], last_updated = o_at[o], head = o_head[o], facts = coalesce('[' || g.facts || ']', '[]'),
             facts_rev = w.facts_rev + 1, restricted = coalesce(g.restricted, false)
        FROM (SELECT string_agg(f.data, ',' ORDER BY f.type, f.id, f.n) AS facts,
                     bool_or(f.kind IN ('block', 'protection', 'labelled')) AS restricted
                FROM fact f WHERE f.owner = o_key[o]) g
       WHERE w.owner = o_key[o];
    ELSE
      UPDATE owner w SET chain_seq = o_seq[o], last_updated = o_at[o], head = o_head[o] WHERE w.owner = o_key[o];
    END IF;
  END LOOP;
  IF o_fresh > 0 THEN
    INSERT INTO owner (owner, type, chain_seq, last_updated, head, facts, facts_rev, restricted)
    SELECT o_key[o], o_type[o], 1, o_at[o], o_head[o], coalesce('[' || g.facts || ']', '[]'), o_facts[o]::integer,
           coalesce(g.restricted, false)
      FROM generate_series(stand + 1, cardinality(o_key)) o
     CROSS JOIN LATERAL (SELECT string_agg(f.data, ',' ORDER BY f.type, f.id, f.n) AS facts,
                                bool_or(f.kind IN ('block', 'protection', 'labelled')) AS restricted
                           FROM fact f WHERE o_facts[o] AND f.owner = o_key[o]) g;
  END IF;
  RETURN o_at;
END $$;

-- Puts other search values in place of those of some resources of one owner, whose lock the caller holds; nothing else
-- changes.
--
-- c_*  the resources, by number (1-based) in g_* r_* s_* d_* q_* w_*, which are as in journal_values_v1
CREATE FUNCTION journal_index_v2(
  the_owner bigint, c_type smallint[], c_id text[], c_tokens text[], c_hot integer[], c_prints bytea[],
  g_n integer[], g_grp smallint[], g_token bigint[],
  r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[],
  s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[],
  d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamptz[], d_high timestamptz[],
  q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[],
  q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[],
  w_n integer[], w_narrative text[], w_words text[]
) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  PERFORM journal_values_v1(
    true, array_fill(the_owner, ARRAY[cardinality(c_id)]), c_type, c_id, array_fill(1, ARRAY[cardinality(c_id)]),
    c_tokens, c_hot, c_prints, g_n, g_grp, g_token,
    r_n, r_slot, r_grp, r_type, r_owner, r_target, s_n, s_slot, s_grp, s_value, s_exact,
    d_n, d_slot, d_grp, d_low, d_high,
    q_n, q_slot, q_grp, q_low, q_high, q_base, q_base_low, q_base_high, q_code, q_name, w_n, w_narrative, w_words);
  FOR c IN 1 .. cardinality(c_id) LOOP
    UPDATE resource r SET tokens = c_tokens[c]::bigint[], hot = c_hot[c], prints = c_prints[c]
     WHERE r.owner = the_owner AND r.type = c_type[c] AND r.id = c_id[c];
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION journal_write_v3, journal_index_v2, journal_values_v1 TO akson_app;
DROP FUNCTION journal_write_v2;
DROP FUNCTION journal_index_v1;
DROP FUNCTION journal_now_v1;
