-- Search values by slot (a place in the JSON of a resource type, akson/fhir/parameters.py) instead of by parameter: what
-- several parameters look at stands once. One row for a quantity with its value in base units; the groups that composites
-- compare within; words; and where a reference leads, so that chains need no second look-up.
-- Existing resources are indexed anew by the worker (record/search/reindexing.py).
DROP FUNCTION journal_write_v1;
DROP FUNCTION journal_erase_v1;
DROP TABLE search_token, search_reference, search_string, search_date, search_number;

-- Hashes of code-like tokens and identifiers; the long tail stands in resource.tokens only.
CREATE TABLE search_token (
  token bigint NOT NULL,
  owner bigint NOT NULL,
  id    text COLLATE "C" NOT NULL,
  PRIMARY KEY (token, owner, id)
);
-- The tokens of each element that composites compare within (grp of the tables below), for resources that have such.
CREATE TABLE search_group (
  owner  bigint NOT NULL,
  type   smallint NOT NULL,
  grp    smallint NOT NULL,
  id     text COLLATE "C" NOT NULL,
  tokens bigint[] NOT NULL
);
CREATE INDEX search_group_of ON search_group (owner, id);
CREATE TABLE search_reference (
  owner        bigint NOT NULL,
  slot         integer NOT NULL,
  type         smallint NOT NULL,
  grp          smallint NOT NULL,            -- of composites; 0: none
  target_owner bigint NOT NULL,              -- 0: its id was minted elsewhere, see locator
  target_type  smallint NOT NULL,            -- 0: an absolute address
  id           text COLLATE "C" NOT NULL,
  target       text COLLATE "C" NOT NULL
);
CREATE INDEX search_reference_of ON search_reference (owner, id);
CREATE INDEX search_reference_target ON search_reference (target, slot);
CREATE TABLE search_string (
  owner bigint NOT NULL,
  slot  integer NOT NULL,
  type  smallint NOT NULL,
  grp   smallint NOT NULL,
  exact bigint NOT NULL,                     -- keyed hash of the whole as it was written
  id    text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL            -- folded; at most 600 characters
);
CREATE INDEX search_string_of ON search_string (owner, id);
CREATE INDEX search_string_value ON search_string (slot, value);
CREATE TABLE search_date (
  owner bigint NOT NULL,
  slot  integer NOT NULL,
  type  smallint NOT NULL,
  grp   smallint NOT NULL,
  low   timestamptz NOT NULL,
  high  timestamptz NOT NULL,
  id    text COLLATE "C" NOT NULL
);
CREATE INDEX search_date_of ON search_date (owner, id);
CREATE INDEX search_date_low ON search_date (slot, low);
CREATE INDEX search_date_high ON search_date (slot, high);
CREATE TABLE search_number (
  owner     bigint NOT NULL,
  slot      integer NOT NULL,
  type      smallint NOT NULL,
  grp       smallint NOT NULL,
  base      bigint NOT NULL,                 -- keyed hash of the UCUM base unit, else of system|code; 0: a plain number
  code      bigint NOT NULL,                 -- keyed hash of the unit's code, 0: none
  name      bigint NOT NULL,                 -- keyed hash of the unit as printed where that is something else, 0: none
  low       numeric NOT NULL,
  high      numeric NOT NULL,
  base_low  numeric NOT NULL,                -- in base units
  base_high numeric NOT NULL,
  id        text COLLATE "C" NOT NULL
);
CREATE INDEX search_number_of ON search_number (owner, id);
CREATE INDEX search_number_low ON search_number (slot, low);
CREATE INDEX search_number_base ON search_number (slot, base, base_low);
CREATE INDEX search_number_wide ON search_number (slot, high) WHERE low < high;
CREATE INDEX search_number_base_wide ON search_number (slot, base, base_high) WHERE base_low < base_high;
-- The words of a resource by Norwegian stems: those of its narrative, and all of them.
CREATE TABLE search_text (
  owner     bigint NOT NULL,
  type      smallint NOT NULL,
  id        text COLLATE "C" NOT NULL,
  narrative tsvector,                        -- null: it has none
  words     tsvector NOT NULL
);
CREATE INDEX search_text_of ON search_text (owner, id);
CREATE INDEX search_text_narrative ON search_text USING gin (narrative) WHERE narrative IS NOT NULL;
CREATE INDEX search_text_words ON search_text USING gin (words);
GRANT SELECT, INSERT, DELETE ON search_token, search_group, search_reference, search_string, search_date, search_number,
  search_text TO akson_app;

-- The order of searches across records: by owner, so that pages neither repeat nor skip while others write.
CREATE INDEX resource_walk ON resource (type, owner, id) WHERE NOT deleted;
ALTER TABLE resource ALTER COLUMN tokens SET STATISTICS 1000;
ALTER TABLE search_token ALTER COLUMN token SET STATISTICS 1000;

-- The write protocol as one call: lock the owners in order, look again at what was decided upon, write.
--
-- The caller has decided on facts of revision o_rev and on current versions c_expect. Each statement of the function sees
-- what is committed when it starts, so the second statement sees all that was committed while the first waited for its
-- locks. If a fact or a version changed meanwhile the call raises AK008 or AK003 and the caller decides again; AK002 when
-- what it changes was erased: an erased id never carries content again, whoever sends it once more.
--
-- o_*  one per owner, any order: key, new here?, type, expected facts revision, are its facts rewritten?, restricted?
-- c_*  one per change, in the order of the set; c_expect 0 = must not exist
-- t_* g_* r_* s_* d_* q_* w_*  search values, by number of the change they belong to (1-based); see the tables above
-- f_*  facts, likewise; i_* identifiers; l_* ids minted elsewhere
CREATE FUNCTION journal_write_v2(
  at timestamptz, author text,
  o_key bigint[], o_new boolean[], o_type smallint[], o_rev bigint[], o_facts boolean[],
  c_owner bigint[], c_type smallint[], c_id text[], c_expect integer[], c_method text[], c_body bytea[], c_salt bytea[],
  c_sort timestamptz[], c_controller bigint, c_unit bigint, c_author bigint, c_person boolean[], c_labels text[],
  a_n integer[], a_key bigint[],
  t_n integer[], t_token bigint[], t_hot boolean[],
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
) RETURNS TABLE (n integer, version integer, last_updated timestamptz)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
-- Planned once per connection: plans made for each call cost more than the writing, and those made for an empty table read
-- all of it when it has grown. So each statement has one good plan only: tables are reached by their keys, one at a time,
-- and nothing but arrays is joined.
DECLARE
  k_key bigint[]; k_type smallint[]; k_seq bigint[]; k_at timestamptz[]; k_rev bigint[]; k_head bytea[];  -- as locked
  o_was smallint[];                                    -- o_: one per owner, in the order of o_key
  o_seq bigint[]; o_at timestamptz[]; o_head bytea[];  -- as they will be
  c_o integer[];                                       -- which of the owners each change belongs to
  wrong boolean; erased boolean; tokens bigint[]; new_facts text; new_restricted boolean;
BEGIN
  -- 1. Lock the owners that exist, in order; new ones have fresh keys and cannot wait.
  SELECT array_agg(o.owner), array_agg(o.type), array_agg(o.chain_seq), array_agg(o.last_updated), array_agg(o.facts_rev),
         array_agg(o.head)
    INTO k_key, k_type, k_seq, k_at, k_rev, k_head
    FROM (SELECT * FROM owner k WHERE k.owner = ANY (o_key) ORDER BY k.owner FOR NO KEY UPDATE) o;

  -- 2. Look again, at the facts as locked and, in a later statement, at the versions.
  SELECT bool_or(NOT u.fresh AND k.rev IS DISTINCT FROM u.rev),
         array_agg(k.type ORDER BY u.n), array_agg(coalesce(k.seq, 0) + 1 ORDER BY u.n),
         array_agg(greatest(at, k.was + interval '1 ms') ORDER BY u.n), array_agg(coalesce(k.head, '') ORDER BY u.n)
    INTO wrong, o_was, o_seq, o_at, o_head
    FROM unnest(o_key, o_rev, o_new) WITH ORDINALITY AS u (key, rev, fresh, n)
    LEFT JOIN unnest(k_key, k_type, k_seq, k_at, k_rev, k_head) AS k (key, type, seq, was, rev, head) ON k.key = u.key;
  IF wrong THEN RAISE EXCEPTION 'facts changed' USING ERRCODE = 'AK008'; END IF;
  SELECT bool_or(u.expect <> coalesce((SELECT r.version FROM resource r
                                        WHERE r.owner = u.key AND r.type = u.t AND r.id = u.i), 0)),
         bool_or(u.expect > 0 AND EXISTS (SELECT FROM erasure e WHERE e.owner = u.key AND e.type = u.t AND e.id = u.i)),
         array_agg(o.n ORDER BY u.n)
    INTO wrong, erased, c_o
    FROM unnest(c_owner, c_type, c_id, c_expect) WITH ORDINALITY AS u (key, t, i, expect, n)
    JOIN unnest(o_key) WITH ORDINALITY AS o (key, n) ON o.key = u.key;
  IF wrong THEN RAISE EXCEPTION 'version changed' USING ERRCODE = 'AK003'; END IF;
  IF erased THEN RAISE EXCEPTION 'erased' USING ERRCODE = 'AK002'; END IF;

  -- 3. Write: away with what the versions before gave rise to, then what the new ones do.
  IF 0 < ANY (c_expect) THEN
    FOR c IN 1 .. cardinality(c_id) LOOP
      CONTINUE WHEN c_expect[c] = 0;
      SELECT r.tokens INTO tokens FROM resource r WHERE r.owner = c_owner[c] AND r.type = c_type[c] AND r.id = c_id[c];
      DELETE FROM search_token s WHERE s.token = ANY (tokens) AND s.owner = c_owner[c] AND s.id = c_id[c];
      DELETE FROM search_group s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      DELETE FROM search_reference s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      DELETE FROM search_string s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      DELETE FROM search_date s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      DELETE FROM search_number s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      DELETE FROM search_text s WHERE s.owner = c_owner[c] AND s.id = c_id[c] AND s.type = c_type[c];
      DELETE FROM fact f WHERE f.owner = c_owner[c] AND f.type = c_type[c] AND f.id = c_id[c];
      IF c_type[c] = o_was[c_o[c]] THEN
        DELETE FROM person_identifier p WHERE p.owner = c_owner[c];
      END IF;
    END LOOP;
  END IF;

  IF true = ANY (t_hot) THEN
    INSERT INTO search_token (token, owner, id)
    SELECT x.token, c_owner[x.n], c_id[x.n] FROM unnest(t_n, t_token, t_hot) AS x (n, token, hot) WHERE x.hot;
  END IF;
  IF cardinality(g_n) > 0 THEN
    INSERT INTO search_group (owner, type, grp, id, tokens)
    SELECT c_owner[x.n], c_type[x.n], x.grp, c_id[x.n], array_agg(x.token)
      FROM unnest(g_n, g_grp, g_token) AS x (n, grp, token) GROUP BY x.n, x.grp;
  END IF;
  IF cardinality(r_n) > 0 THEN
    INSERT INTO search_reference (owner, slot, type, grp, target_owner, target_type, id, target)
    SELECT c_owner[x.n], x.slot, c_type[x.n], x.grp, x.owner, x.type, c_id[x.n], x.target
      FROM unnest(r_n, r_slot, r_grp, r_type, r_owner, r_target) AS x (n, slot, grp, type, owner, target);
  END IF;
  IF cardinality(s_n) > 0 THEN
    INSERT INTO search_string (owner, slot, type, grp, exact, id, value)
    SELECT c_owner[x.n], x.slot, c_type[x.n], x.grp, x.exact, c_id[x.n], x.value
      FROM unnest(s_n, s_slot, s_grp, s_value, s_exact) AS x (n, slot, grp, value, exact);
  END IF;
  IF cardinality(d_n) > 0 THEN
    INSERT INTO search_date (owner, slot, type, grp, low, high, id)
    SELECT c_owner[x.n], x.slot, c_type[x.n], x.grp, x.low, x.high, c_id[x.n]
      FROM unnest(d_n, d_slot, d_grp, d_low, d_high) AS x (n, slot, grp, low, high);
  END IF;
  IF cardinality(q_n) > 0 THEN
    INSERT INTO search_number (owner, slot, type, grp, base, code, name, low, high, base_low, base_high, id)
    SELECT c_owner[x.n], x.slot, c_type[x.n], x.grp, x.base, x.code, x.name, x.low, x.high, x.base_low, x.base_high,
           c_id[x.n]
      FROM unnest(q_n, q_slot, q_grp, q_low, q_high, q_base, q_base_low, q_base_high, q_code, q_name)
           AS x (n, slot, grp, low, high, base, base_low, base_high, code, name);
  END IF;
  IF cardinality(w_n) > 0 THEN
    INSERT INTO search_text (owner, type, id, narrative, words)
    SELECT c_owner[x.n], c_type[x.n], c_id[x.n],
           CASE WHEN x.narrative <> '' THEN strip(to_tsvector('pg_catalog.norwegian', x.narrative)) END,
           strip(to_tsvector('pg_catalog.norwegian', x.narrative || ' ' || x.words))
      FROM unnest(w_n, w_narrative, w_words) AS x (n, narrative, words);
  END IF;
  IF cardinality(i_system) > 0 THEN
    INSERT INTO person_identifier (system, value, owner) SELECT * FROM unnest(i_system, i_value, i_owner);
  END IF;
  IF cardinality(l_id) > 0 THEN
    INSERT INTO locator (type, id, owner) SELECT * FROM unnest(l_type, l_id, l_owner);
  END IF;
  IF cardinality(f_n) > 0 THEN
    INSERT INTO fact (owner, type, id, n, kind, unit, person, data)
    SELECT c_owner[x.n], c_type[x.n], c_id[x.n], row_number() OVER (PARTITION BY x.n), x.kind, x.unit, x.person, x.data
      FROM unnest(f_n, f_kind, f_unit, f_person, f_data) AS x (n, kind, unit, person, data);
  END IF;

  -- The resources, their versions, the chain over these, and the news.
  WITH standing AS (
    INSERT INTO resource (owner, type, id, version, last_updated, sort_date, controller, unit, author, person, deleted,
                          labels, about, tokens)
    SELECT u.k, u.t, u.i, u.expect + 1, o_at[u.o], 
           coalesce(u.sort, CASE WHEN u.expect > 0 THEN (SELECT w.sort_date FROM resource w
             WHERE w.owner = u.k AND w.type = u.t AND w.id = u.i) END, o_at[u.o]), c_controller, c_unit, c_author,
           u.person, u.method = 'DELETE', string_to_array(u.labels, ' '),
           coalesce(a.keys, '{}'), coalesce(t.tokens, '{}')
      FROM unnest(c_owner, c_o, c_type, c_id, c_expect, c_method, c_sort, c_person, c_labels) WITH ORDINALITY
           AS u (k, o, t, i, expect, method, sort, person, labels, n)
      LEFT JOIN (SELECT x.n, array_agg(x.key) AS keys FROM unnest(a_n, a_key) AS x (n, key) GROUP BY x.n) a ON a.n = u.n
      LEFT JOIN (SELECT x.n, array_agg(x.token) AS tokens FROM unnest(t_n, t_token) AS x (n, token) GROUP BY x.n) t
             ON t.n = u.n
    ON CONFLICT (owner, type, id) DO UPDATE SET version = excluded.version, last_updated = excluded.last_updated,
       sort_date = excluded.sort_date, controller = excluded.controller, unit = excluded.unit, author = excluded.author,
       deleted = excluded.deleted, labels = excluded.labels, about = excluded.about, tokens = excluded.tokens
  ), told AS (
    INSERT INTO news (owner, seq, bucket, at, types, ids, versions)
    SELECT u.k, o_seq[u.o], (u.k & 63)::smallint, o_at[u.o],
           array_agg(u.t ORDER BY u.n), array_agg(u.i ORDER BY u.n), array_agg(u.expect + 1 ORDER BY u.n)
      FROM unnest(c_owner, c_o, c_type, c_id, c_expect) WITH ORDINALITY AS u (k, o, t, i, expect, n)
     GROUP BY u.k, u.o
  ), written AS (
    INSERT INTO resource_version (owner, type, id, version, last_updated, chain_seq, n, method, author, body, salt)
    SELECT u.k, u.t, u.i, u.expect + 1, o_at[u.o], o_seq[u.o], u.n, u.method, journal_write_v2.author, u.body, u.salt
      FROM unnest(c_owner, c_o, c_type, c_id, c_expect, c_method, c_body, c_salt) WITH ORDINALITY
           AS u (k, o, t, i, expect, method, body, salt, n)
    RETURNING *
  ), entry AS (
    SELECT l.o, count(*)::integer AS leaves, sha256(string_agg(l.leaf, '' ORDER BY l.n)) AS digest,
           string_agg(substr(l.leaf, 1, 8), '' ORDER BY l.n) AS prints
      FROM (SELECT c_o[v.n] AS o, v.n, journal_leaf_v1(ROW(v.*)::resource_version) AS leaf FROM written v) l GROUP BY l.o
  ), linked AS (
    INSERT INTO chain (owner, seq, at, leaves, digest, prints, head)
    SELECT o_key[e.o], o_seq[e.o], o_at[e.o], e.leaves, e.digest, e.prints,
           sha256(o_head[e.o] || int8send(o_seq[e.o]) || e.digest)
      FROM entry e
    RETURNING owner, head
  )
  SELECT array_agg(l.head ORDER BY o.n) INTO o_head
    FROM linked l JOIN unnest(o_key) WITH ORDINALITY AS o (key, n) ON o.key = l.owner;

  -- The owners, with all rows of their facts gathered.
  FOR o IN 1 .. cardinality(o_key) LOOP
    IF o_facts[o] THEN
      SELECT coalesce('[' || string_agg(f.data, ',' ORDER BY f.type, f.id, f.n) || ']', '[]'),
             coalesce(bool_or(f.kind IN ('block', 'protection', 'labelled')), false)
        INTO new_facts, new_restricted FROM fact f WHERE f.owner = o_key[o];
    END IF;
    IF o_new[o] THEN
      INSERT INTO owner (owner, type, chain_seq, last_updated, head, facts, facts_rev, restricted)
      VALUES (o_key[o], o_type[o], o_seq[o], o_at[o], o_head[o], CASE WHEN o_facts[o] THEN new_facts ELSE '[]' END,
              o_facts[o]::integer, o_facts[o] AND new_restricted);
    ELSIF o_facts[o] THEN
      UPDATE owner w SET chain_seq = o_seq[o], last_updated = o_at[o], head = o_head[o], facts = new_facts,
             facts_rev = w.facts_rev + 1, restricted = new_restricted WHERE w.owner = o_key[o];
    ELSE
      UPDATE owner w SET chain_seq = o_seq[o], last_updated = o_at[o], head = o_head[o] WHERE w.owner = o_key[o];
    END IF;
  END LOOP;

  RETURN QUERY SELECT u.n::integer, u.expect + 1, o_at[u.o]
    FROM unnest(c_o, c_expect) WITH ORDINALITY AS u (o, expect, n) ORDER BY u.n;
END $$;
GRANT EXECUTE ON FUNCTION journal_write_v2 TO akson_app;

-- Erasure after a decision: takes body and salt from every version of the named resources of one owner, removes their search
-- values, facts and worklist rows, keeps the leaves, and records the decision in the chain. The only way anything leaves the
-- journal. All of them or none: AK002 when one has been erased already, AK008 when the facts decided upon have changed.
CREATE FUNCTION journal_erase_v2(at timestamptz, the_owner bigint, rev bigint, types smallint[], ids text[], decision text)
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
  SELECT o.owner, entry, (o.owner & 63)::smallint, o.last_updated, journal_erase_v2.types, journal_erase_v2.ids,
         array_fill(0, ARRAY[cardinality(journal_erase_v2.ids)])
    FROM owner o WHERE o.owner = the_owner;
  RETURN entry;
END $$;
REVOKE ALL ON FUNCTION journal_erase_v2 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_erase_v2 TO akson_eraser;
