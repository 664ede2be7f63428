-- Search values that were not made by today's rules are made anew, owner by owner (record/search/reindexing.py).
-- A migration that changes how values are made fills this again. Empty: all is indexed.
CREATE TABLE reindex (owner bigint PRIMARY KEY);
INSERT INTO reindex SELECT owner FROM owner;
GRANT SELECT, UPDATE, DELETE ON reindex TO akson_app;

-- Puts other search values in place of those of some resources of one owner, whose lock the caller holds; the same rows as
-- journal_write_v2 makes, and nothing else changes.
--
-- c_*  the resources, by number (1-based) in t_* g_* r_* s_* d_* q_* w_*, which are as in journal_write_v2
CREATE FUNCTION journal_index_v1(
  the_owner bigint, c_type smallint[], c_id text[],
  t_n integer[], t_token bigint[], t_hot boolean[],
  g_n integer[], g_grp smallint[], g_token bigint[],
  r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[],
  s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[],
  d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamptz[], d_high timestamptz[],
  q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[],
  q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[],
  w_n integer[], w_narrative text[], w_words text[]
) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  tokens bigint[];
BEGIN
  FOR c IN 1 .. cardinality(c_id) LOOP
    SELECT r.tokens INTO tokens FROM resource r WHERE r.owner = the_owner AND r.type = c_type[c] AND r.id = c_id[c];
    DELETE FROM search_token s WHERE s.token = ANY (tokens) AND s.owner = the_owner AND s.id = c_id[c];
    DELETE FROM search_group s WHERE s.owner = the_owner AND s.id = c_id[c] AND s.type = c_type[c];
    DELETE FROM search_reference s WHERE s.owner = the_owner AND s.id = c_id[c] AND s.type = c_type[c];
    DELETE FROM search_string s WHERE s.owner = the_owner AND s.id = c_id[c] AND s.type = c_type[c];
    DELETE FROM search_date s WHERE s.owner = the_owner AND s.id = c_id[c] AND s.type = c_type[c];
    DELETE FROM search_number s WHERE s.owner = the_owner AND s.id = c_id[c] AND s.type = c_type[c];
    DELETE FROM search_text s WHERE s.owner = the_owner AND s.id = c_id[c] AND s.type = c_type[c];
    UPDATE resource r SET tokens = coalesce((SELECT array_agg(x.token) FROM unnest(t_n, t_token) AS x (n, token)
                                              WHERE x.n = c), '{}')
     WHERE r.owner = the_owner AND r.type = c_type[c] AND r.id = c_id[c];
  END LOOP;

  INSERT INTO search_token (token, owner, id)
  SELECT x.token, the_owner, c_id[x.n] FROM unnest(t_n, t_token, t_hot) AS x (n, token, hot) WHERE x.hot;
  INSERT INTO search_group (owner, type, grp, id, tokens)
  SELECT the_owner, c_type[x.n], x.grp, c_id[x.n], array_agg(x.token)
    FROM unnest(g_n, g_grp, g_token) AS x (n, grp, token) GROUP BY x.n, x.grp;
  INSERT INTO search_reference (owner, slot, type, grp, target_owner, target_type, id, target)
  SELECT the_owner, x.slot, c_type[x.n], x.grp, x.owner, x.type, c_id[x.n], x.target
    FROM unnest(r_n, r_slot, r_grp, r_type, r_owner, r_target) AS x (n, slot, grp, type, owner, target);
  INSERT INTO search_string (owner, slot, type, grp, exact, id, value)
  SELECT the_owner, x.slot, c_type[x.n], x.grp, x.exact, c_id[x.n], x.value
    FROM unnest(s_n, s_slot, s_grp, s_value, s_exact) AS x (n, slot, grp, value, exact);
  INSERT INTO search_date (owner, slot, type, grp, low, high, id)
  SELECT the_owner, x.slot, c_type[x.n], x.grp, x.low, x.high, c_id[x.n]
    FROM unnest(d_n, d_slot, d_grp, d_low, d_high) AS x (n, slot, grp, low, high);
  INSERT INTO search_number (owner, slot, type, grp, base, code, name, low, high, base_low, base_high, id)
  SELECT the_owner, x.slot, c_type[x.n], x.grp, x.base, x.code, x.name, x.low, x.high, x.base_low, x.base_high, c_id[x.n]
    FROM unnest(q_n, q_slot, q_grp, q_low, q_high, q_base, q_base_low, q_base_high, q_code, q_name)
         AS x (n, slot, grp, low, high, base, base_low, base_high, code, name);
  INSERT INTO search_text (owner, type, id, narrative, words)
  SELECT the_owner, c_type[x.n], c_id[x.n],
         CASE WHEN x.narrative <> '' THEN strip(to_tsvector('pg_catalog.norwegian', x.narrative)) END,
         strip(to_tsvector('pg_catalog.norwegian', x.narrative || ' ' || x.words))
    FROM unnest(w_n, w_narrative, w_words) AS x (n, narrative, words);
END $$;
GRANT EXECUTE ON FUNCTION journal_index_v1 TO akson_app;
