-- Delivery: what a transport has taken is asked about until it is confirmed, every move of a message out is logged, and
-- the desk for messages finds what is stuck without reading what waits.

ALTER TABLE message_out
  ADD COLUMN carrier_id text NOT NULL DEFAULT '',    -- what the transport called it when it took it; '': gives its receipt at once
  ADD COLUMN rounds smallint NOT NULL DEFAULT 0,     -- times it was sent again because nobody confirmed it
  ADD COLUMN moves integer NOT NULL DEFAULT 0;       -- lines of message_move
CREATE INDEX message_out_unconfirmed ON message_out (bucket, due)
  WHERE carrier_id <> '' AND (state = 'sent' OR state = 'delivered' AND wants_apprec);
CREATE INDEX message_out_stuck ON message_out (created_at) WHERE state IN ('queued', 'sent');
GRANT UPDATE (carrier_id, rounds, moves, deadline) ON message_out TO akson_app;

ALTER TABLE message_in
  ADD COLUMN handled_by text NOT NULL DEFAULT '',    -- who had looked at a refused one
  ADD COLUMN handled_why text NOT NULL DEFAULT '';   -- and what was done; emptied with the message
GRANT UPDATE (handled_by, handled_why) ON message_in TO akson_app;

-- Every move of a message out, written by the statement that moves it; nothing of the content.
CREATE TABLE message_move (
  owner  bigint NOT NULL,
  key    bigint NOT NULL,
  number integer NOT NULL,                   -- 1, 2, 3 per message
  at     timestamptz NOT NULL,
  event  text NOT NULL,                      -- akson/exchange/states.py
  state  text NOT NULL,                      -- where it led
  who    text NOT NULL,                      -- "Practitioner/<id>", or the job of ours
  why    text NOT NULL DEFAULT '',           -- our words, or the human's own; emptied with the message
  PRIMARY KEY (owner, key, number)
);
GRANT SELECT, INSERT ON message_move TO akson_app;

CREATE OR REPLACE FUNCTION exchange_erase_v1(the_owner bigint, ids text[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  emptied bigint;
  more bigint;
BEGIN
  UPDATE message_in SET body = NULL, handled_why = ''
   WHERE owner = the_owner AND filed_as = ANY (ids) AND body IS NOT NULL;
  GET DIAGNOSTICS emptied = ROW_COUNT;
  UPDATE message_move v SET why = '' FROM message_out m
   WHERE m.owner = the_owner AND m.told_of = ANY (ids) AND v.owner = m.owner AND v.key = m.key;
  UPDATE message_out SET fault_text = 'Slettet før den ble sendt.', state = 'failed'
   WHERE owner = the_owner AND told_of = ANY (ids) AND state = 'queued';
  UPDATE message_out SET body = NULL WHERE owner = the_owner AND told_of = ANY (ids) AND body IS NOT NULL;
  GET DIAGNOSTICS more = ROW_COUNT;
  RETURN emptied + more;
END $$;
