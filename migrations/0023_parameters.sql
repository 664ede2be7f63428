-- Search parameters of the installation's own (SearchParameter resources that are active; record/own.py), and the
-- work of making their values for what stands already (record/search/indexing.py).

-- Which rules search values are made by. Whoever writes says the revision it has read; another one means: read again.
CREATE TABLE search_rules (
  one      boolean PRIMARY KEY DEFAULT true CHECK (one),
  revision bigint NOT NULL
);
INSERT INTO search_rules (revision) VALUES (0);
CREATE SEQUENCE search_rules_revision;  -- a number is never given twice, also when the change was undone
GRANT SELECT, UPDATE ON search_rules TO akson_app;
GRANT USAGE ON search_rules_revision TO akson_app;

CREATE TABLE own_parameter (
  id         text COLLATE "C" PRIMARY KEY,  -- of the SearchParameter
  state      text NOT NULL CHECK (state IN ('indexing', 'ready', 'retiring')),
  definition text NOT NULL,                 -- what of it matters, as JSON (akson/fhir/custom.py)
  url        text NOT NULL,
  code       text NOT NULL,
  types      smallint[] NOT NULL,           -- whose values are made or taken away: its bases, also those of before
  slots      integer[] NOT NULL,            -- where values may stand, also those of before
  fresh      boolean NOT NULL,              -- it has no values of before
  horizon    xid8,                          -- writers from before this one may still write by earlier rules
  at_type    smallint NOT NULL,             -- how far the work has come: everything up to this resource, in the order of
  at_owner   bigint NOT NULL,               -- resource_walk
  at_id      text COLLATE "C" NOT NULL,
  failed     bigint NOT NULL                -- resources on which the expression failed: they are found as lacking it
);
GRANT SELECT, INSERT, UPDATE, DELETE ON own_parameter TO akson_app;

-- Tells whether search values made by the rules of this revision may be written. The transaction has its number before the
-- revision is read, so that who waits for all older transactions to end has waited for all who read an older revision.
CREATE FUNCTION search_rules_v1(the_revision bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_current_xact_id();
  RETURN (SELECT r.revision FROM search_rules r) = the_revision;
END $$;
GRANT EXECUTE ON FUNCTION search_rules_v1 TO akson_app;

-- As journal_index_v2, for resources of several owners, whose locks the caller holds.
DROP FUNCTION journal_index_v2;
CREATE FUNCTION journal_index_v3(
  c_owner bigint[], c_type smallint[], c_id text[], c_tokens text[], c_hot integer[], c_prints bytea[],
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
    true, c_owner, c_type, c_id, array_fill(1, ARRAY[cardinality(c_id)]), c_tokens, c_hot, c_prints, g_n, g_grp, g_token,
    r_n, r_slot, r_grp, r_type, r_owner, r_target, s_n, s_slot, s_grp, s_value, s_exact,
    d_n, d_slot, d_grp, d_low, d_high,
    q_n, q_slot, q_grp, q_low, q_high, q_base, q_base_low, q_base_high, q_code, q_name, w_n, w_narrative, w_words);
  FOR c IN 1 .. cardinality(c_id) LOOP
    UPDATE resource r SET tokens = c_tokens[c]::bigint[], hot = c_hot[c], prints = c_prints[c]
     WHERE r.owner = c_owner[c] AND r.type = c_type[c] AND r.id = c_id[c];
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION journal_index_v3 TO akson_app;
