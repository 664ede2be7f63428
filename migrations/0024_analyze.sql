-- After much was loaded at once the planner must know of it before it is next asked: statistics come by themselves only
-- minutes later, and plans for an empty table read all of it.

-- Gathers the statistics of one table of the journal. Who works for the application owns no table.
CREATE FUNCTION journal_analyze_v1(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
  IF name NOT IN ('owner', 'resource', 'resource_version', 'locator', 'fact', 'person_identifier', 'search_token',
                  'search_group', 'search_reference', 'search_string', 'search_date', 'search_number', 'search_text') THEN
    RAISE EXCEPTION 'not a table of the journal' USING ERRCODE = 'insufficient_privilege';
  END IF;
  EXECUTE format('ANALYZE %I', name);
EXCEPTION WHEN lock_not_available THEN
  NULL;  -- somebody else is at it
END $$;
REVOKE ALL ON FUNCTION journal_analyze_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_analyze_v1 TO akson_app;
