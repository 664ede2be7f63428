-- name: stale
-- The tables of which statistics should be gathered after so many resources were loaded: none when that is little beside
-- what was known of already.
-- in   $1 resources written
SELECT c.relname
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace
   AND c.relname IN ('owner', 'resource', 'resource_version', 'locator', 'fact', 'person_identifier', 'search_token',
                     'search_group', 'search_reference', 'search_string', 'search_date', 'search_number', 'search_text',
                     'search_display')
   AND $1::bigint >= 1000 + (SELECT r.reltuples / 10 FROM pg_class r WHERE r.oid = 'resource'::regclass);

-- name: analyze
-- Gather statistics of one table of the journal; see migrations/0024_analyze.sql.
SELECT journal_analyze_v1($1);
