-- Writes that come at the same moment are one call and one commit (docs/adr/0010-write-together.md); and who wrote stands
-- once, no longer in each version.

-- Who writes: the JSON that the leaf of a version is made over. The key is the first 8 bytes of its sha256.
CREATE TABLE author (
  author bigint PRIMARY KEY,
  told   text NOT NULL
);
GRANT SELECT, INSERT ON author TO akson_app;

CREATE FUNCTION author_key_v1(told text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT ('x' || encode(substr(sha256(convert_to(told, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint
$$;
INSERT INTO author (author, told) SELECT DISTINCT author_key_v1(v.author), v.author FROM resource_version v;
ALTER TABLE resource_version ALTER COLUMN author TYPE bigint USING author_key_v1(author);

-- What the chain keeps of one version, as in 0006_journal_write.sql.
CREATE OR REPLACE FUNCTION journal_leaf_v1(v resource_version) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(v.salt || convert_to(concat_ws('|', v.owner, v.type, v.id, v.version, v.method,
           (extract(epoch FROM v.last_updated) * 1000000)::bigint,
           (SELECT a.told FROM author a WHERE a.author = v.author)), 'UTF8') || coalesce(v.body, ''))
$$;

-- The write protocol as one call, for one set or for several that came at the same moment: lock the owners in order, look
-- again at what was decided upon, write. No two sets have an owner in common; each is written as if it came alone.
--
-- The caller has decided on facts of revision o_rev and on current versions c_expect. Each statement of the function sees
-- what is committed when it starts, so what follows the locks sees all that was committed while it waited for them. If a
-- fact or a version changed meanwhile the call raises AK008 or AK003 and the caller decides again; AK002 when what it
-- changes was erased: an erased id never carries content again, whoever sends it once more; AK010 when who writes is not in
-- author, or another stands there by this key. The places of the sets that it is
-- about are the error's DETAIL.
--
-- Returns the time that each owner's set was written at: the caller's, or later than the owner's last and than every
-- watermark of an export. The transaction has its number before it looks for those, so each one is either running still when
-- an export asks whether it is ready, or has seen the watermark.
--
-- set_* one per set: the caller's time; key and text of who wrote it, as they stand in author (akson/record/authoring.py);
--       controller, unit and key of the actor; how many changes stand before it
-- waits for owners that somebody else has locked, else AK009; several sets do not, since each would wait for all, and hold
--       others meanwhile
-- o_*   one per owner: its set; those that stand, in the order of their keys, then o_fresh new ones; type, expected facts
--       revision, are its facts rewritten?
-- c_*   one per change, in the order of the sets; c_o: place of its owner in o_key; c_expect 0 = must not exist;
--       c_about, c_tokens: array literals
-- c_tokens c_hot c_prints g_* r_* s_* d_* q_* w_*  search values, as in journal_values_v1
-- f_*  facts, by number of the change they belong to; i_* identifiers; l_* ids minted elsewhere; null where there are none
CREATE FUNCTION journal_write_v4(
  set_at timestamptz[], set_author bigint[], set_told text[], set_controller bigint[], set_unit bigint[], set_actor bigint[],
  set_before integer[], waits boolean,
  o_set integer[], o_key bigint[], o_fresh integer, o_type smallint[], o_rev bigint[], o_facts boolean[],
  c_o integer[], c_owner bigint[], c_type smallint[], c_id text[], c_expect integer[], c_method text[], c_body bytea[],
  c_salt bytea[], c_sort timestamptz[], c_person boolean[], c_labels text[], c_about text[], c_tokens text[],
  c_hot integer[], c_prints bytea[],
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
  wrong text; erased text; kept integer;  -- wrong, erased: the places of sets
BEGIN
  -- 0. Who writes must be there: the leaves are made over what the verifier will read.
  SELECT string_agg(s::text, ',') INTO wrong FROM generate_series(1, cardinality(set_author)) s
   WHERE set_told[s] IS DISTINCT FROM (SELECT a.told FROM author a WHERE a.author = set_author[s]);
  IF wrong IS NOT NULL THEN RAISE EXCEPTION 'unknown author' USING ERRCODE = 'AK010', DETAIL = wrong; END IF;

  -- 1. Lock the owners that stand, in order; new ones have fresh keys and cannot wait.
  IF waits THEN
    SELECT array_agg(o.owner), array_agg(o.facts_rev), array_agg(o.type), array_agg(o.chain_seq + 1),
           array_agg(o.last_updated + interval '1 ms'), array_agg(o.head)
      INTO k_key, k_rev, o_was, o_seq, o_at, o_head
      FROM (SELECT * FROM owner k WHERE k.owner = ANY (o_key[1:stand]) ORDER BY k.owner FOR NO KEY UPDATE) o;
  ELSE
    SELECT array_agg(o.owner), array_agg(o.facts_rev), array_agg(o.type), array_agg(o.chain_seq + 1),
           array_agg(o.last_updated + interval '1 ms'), array_agg(o.head)
      INTO k_key, k_rev, o_was, o_seq, o_at, o_head
      FROM (SELECT * FROM owner k WHERE k.owner = ANY (o_key[1:stand]) ORDER BY k.owner FOR NO KEY UPDATE SKIP LOCKED) o;
    IF stand > 0 AND k_key IS DISTINCT FROM o_key[1:stand] THEN
      SELECT string_agg(o_set[o]::text, ',') INTO wrong
        FROM generate_series(1, stand) o WHERE array_position(k_key, o_key[o]) IS NULL;
      RAISE EXCEPTION 'somebody else writes' USING ERRCODE = 'AK009', DETAIL = coalesce(wrong, '');
    END IF;
  END IF;

  -- 2. Look again, at the facts as locked and, in a later statement, at the versions.
  IF stand > 0 THEN
    IF k_key IS DISTINCT FROM o_key[1:stand] OR k_rev IS DISTINCT FROM o_rev[1:stand] THEN
      SELECT string_agg(o_set[o]::text, ',') INTO wrong FROM generate_series(1, stand) o
       WHERE o_rev[o] IS DISTINCT FROM k_rev[array_position(k_key, o_key[o])];
      RAISE EXCEPTION 'facts changed' USING ERRCODE = 'AK008', DETAIL = coalesce(wrong, '');
    END IF;
    SELECT string_agg(o_set[c_o[n]]::text, ',') FILTER (WHERE c_expect[n] <> coalesce((
             SELECT r.version FROM resource r WHERE r.owner = c_owner[n] AND r.type = c_type[n] AND r.id = c_id[n]), 0)),
           string_agg(o_set[c_o[n]]::text, ',') FILTER (WHERE c_expect[n] > 0 AND EXISTS (
             SELECT FROM erasure e WHERE e.owner = c_owner[n] AND e.type = c_type[n] AND e.id = c_id[n]))
      INTO wrong, erased FROM generate_series(1, many) n;
    IF wrong IS NOT NULL THEN RAISE EXCEPTION 'version changed' USING ERRCODE = 'AK003', DETAIL = wrong; END IF;
    IF erased IS NOT NULL THEN RAISE EXCEPTION 'erased' USING ERRCODE = 'AK002', DETAIL = erased; END IF;
  END IF;
  IF o_fresh > 0 THEN
    o_seq := o_seq || array_fill(1::bigint, ARRAY[o_fresh]);
    o_at := o_at || array_fill('-infinity'::timestamptz, ARRAY[o_fresh]);
    o_head := o_head || array_fill(''::bytea, ARRAY[o_fresh]);
  END IF;
  SELECT array_agg(greatest(set_at[o_set[o]], o_at[o], e.later)) INTO o_at
    FROM (SELECT (SELECT x.at + interval '1 ms' FROM export x ORDER BY x.at DESC LIMIT 1) AS later) e,
         generate_series(1, cardinality(o_key)) o;

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
             controller = CASE WHEN set_unit[o_set[c_o[c]]] = 0 THEN r.controller ELSE set_controller[o_set[c_o[c]]] END,
             unit = CASE WHEN set_unit[o_set[c_o[c]]] = 0 THEN r.unit ELSE set_unit[o_set[c_o[c]]] END,
             author = set_actor[o_set[c_o[c]]], deleted = c_method[c] = 'DELETE',
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
                                   set_told[o_set[c_o[n]]], c_body[n]) AS leaf
              FROM generate_series(1, many) n ORDER BY c_o[n], n) l GROUP BY l.o
  ), standing AS (
    INSERT INTO resource (owner, type, id, version, last_updated, sort_date, controller, unit, author, person, deleted,
                          labels, about, tokens, hot, prints)
    SELECT c_owner[n], c_type[n], c_id[n], 1, o_at[c_o[n]], coalesce(c_sort[n], o_at[c_o[n]]),
           set_controller[o_set[c_o[n]]], set_unit[o_set[c_o[n]]], set_actor[o_set[c_o[n]]], c_person[n],
           c_method[n] = 'DELETE', string_to_array(c_labels[n], ' '), c_about[n]::bigint[], c_tokens[n]::bigint[],
           c_hot[n], c_prints[n]
      FROM generate_series(1, many) n WHERE c_expect[n] = 0
  ), written AS (
    INSERT INTO resource_version (owner, type, id, version, last_updated, chain_seq, n, method, author, body, salt)
    SELECT c_owner[n], c_type[n], c_id[n], c_expect[n] + 1, o_at[c_o[n]], o_seq[c_o[n]],
           n - set_before[o_set[c_o[n]]], c_method[n], set_author[o_set[c_o[n]]], c_body[n], c_salt[n]
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
GRANT EXECUTE ON FUNCTION journal_write_v4 TO akson_app;
DROP FUNCTION journal_write_v3;
DROP FUNCTION author_key_v1;
