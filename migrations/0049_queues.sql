-- Queues at a broker: a message that is to be answered at once says where, and a receipt that a broker has taken has left for good.

ALTER TABLE message_in ADD COLUMN answer_to text NOT NULL DEFAULT '';  -- where the transport wants its receipt; '': at the sender's address
DROP INDEX message_out_stuck;
CREATE INDEX message_out_stuck ON message_out (created_at)
  WHERE state = 'queued' OR state = 'sent' AND (wants_apprec OR carrier_id <> '');
