-- What waits because nobody answers where it goes: found by that, and brought forward when somebody does.

ALTER TABLE message_out ADD COLUMN rests_for text NOT NULL DEFAULT '';  -- the endpoint that did not answer; '': it does not wait for one
CREATE INDEX message_out_resting ON message_out (rests_for, due) WHERE state = 'queued' AND rests_for <> '';
GRANT UPDATE (rests_for) ON message_out TO akson_app;
