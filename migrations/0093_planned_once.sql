-- As in 0023_parameters.sql, with one statement less to begin.
CREATE OR REPLACE FUNCTION search_rules_v1(the_revision bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  number CONSTANT xid8 := pg_current_xact_id();  -- before the revision is read
BEGIN
  RETURN (SELECT r.revision FROM search_rules r) = the_revision;
END $$;

-- As in 0089_underway.sql, but planned once per connection: that was most of what it costs to close a unit.
CREATE OR REPLACE FUNCTION messages_underway_v1(asked bigint) RETURNS integer
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
  RETURN (SELECT count(*)::integer FROM (
    SELECT owner, key, unit, type, told_of, body IS NULL AS erased FROM message_out
     WHERE wants_apprec AND state IN ('queued', 'sent', 'delivered')
    UNION SELECT owner, key, unit, type, told_of, body IS NULL FROM message_out
     WHERE state = 'queued' OR state = 'sent' AND (wants_apprec OR carrier_id <> '')) m
   WHERE m.unit = asked AND m.told_of <> '' AND m.type <> 'BEKYMRINGSMELDING' AND NOT m.erased);
END $$;
