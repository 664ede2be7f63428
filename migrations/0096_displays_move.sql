-- A text that came with a record which was erased, and that another still has, is told to have come with that one from then on: nothing
-- tells any more what stood where it was erased, and whoever erases the last that had it finds it by its record, though it was
-- edited away there before. So each text stands in the record it is told to have come with, or in what was edited there.

-- As in 0092_displays.sql, but for that. What a text is found with and what becomes of it are of one moment each time. What ten thousand
-- have by the statistics is not looked for: somebody has it, and the index would be read for all of them. All who write wait behind us
-- while we wait for one of them, so not for long: who erases tries again.
CREATE OR REPLACE FUNCTION search_display_end_v1(the_owner bigint, stood bigint[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET lock_timeout = '300ms' AS $$
DECLARE
  gone bigint[];
  common bigint[];
BEGIN
  LOCK TABLE search_display IN SHARE UPDATE EXCLUSIVE MODE;
  SELECT coalesce(array_agg(k.token), '{}') INTO common
    FROM pg_stats s JOIN pg_class c ON c.oid = 'resource'::regclass
   CROSS JOIN LATERAL unnest(s.most_common_elems::text::bigint[], s.most_common_elem_freqs) AS k (token, part)
   WHERE s.schemaname = 'public' AND s.tablename = 'resource' AND s.attname = 'tokens' AND k.part * c.reltuples > 10000;
  WITH held AS MATERIALIZED (
    SELECT d.token, (SELECT r.owner FROM resource r WHERE r.tokens && ARRAY[d.token] LIMIT 1) AS holder
      FROM (SELECT o.token FROM search_display o WHERE o.owner = the_owner
            UNION SELECT t.token FROM search_display t WHERE t.token = ANY (stood)) d
     WHERE d.token <> ALL (common)
  ), moved AS (
    UPDATE search_display s SET owner = h.holder FROM held h
     WHERE s.token = h.token AND s.owner = the_owner AND h.holder <> the_owner
  )
  SELECT array_agg(h.token) INTO gone FROM held h WHERE h.holder IS NULL;
  IF gone IS NULL THEN RETURN; END IF;
  LOCK TABLE search_display IN SHARE ROW EXCLUSIVE MODE;
  WITH held AS MATERIALIZED (
    SELECT g.token, (SELECT r.owner FROM resource r WHERE r.tokens && ARRAY[g.token] LIMIT 1) AS holder
      FROM unnest(gone) AS g (token)
  ), moved AS (
    UPDATE search_display s SET owner = h.holder FROM held h
     WHERE s.token = h.token AND s.owner = the_owner AND h.holder <> the_owner
  )
  DELETE FROM search_display s USING held h WHERE s.token = h.token AND h.holder IS NULL;
END $$;
