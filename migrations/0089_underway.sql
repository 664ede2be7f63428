-- How many messages of a unit are underway that it gets a task of when they are lost, refused or never receipted: it is not closed
-- before, as nobody would have that task. A report to the barnevern is its reporter's own, wherever they work; a receipt makes none.
CREATE FUNCTION messages_underway_v1(asked bigint) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT count(*)::integer FROM (
    SELECT owner, key, unit, type, told_of, body IS NULL AS erased FROM message_out
     WHERE wants_apprec AND state IN ('queued', 'sent', 'delivered')
    UNION SELECT owner, key, unit, type, told_of, body IS NULL FROM message_out
     WHERE state = 'queued' OR state = 'sent' AND (wants_apprec OR carrier_id <> '')) m
   WHERE m.unit = asked AND m.told_of <> '' AND m.type <> 'BEKYMRINGSMELDING' AND NOT m.erased
$$;
REVOKE EXECUTE ON FUNCTION messages_underway_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messages_underway_v1 TO akson_app;
