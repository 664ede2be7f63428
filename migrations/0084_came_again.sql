-- Each name that a message came again by is answered by a receipt of its own, where the transport wants it: none waits for another's to go.

-- The names that wait for their answer; gone when its receipt is on its way.
CREATE TABLE message_again (
    bucket    smallint NOT NULL,              -- of the message
    digest    bytea NOT NULL,
    name      text COLLATE "C" NOT NULL,      -- what the transport called it
    answer_to text COLLATE "C" NOT NULL,      -- where it wants the receipt; '': at the sender's own address
    due       timestamptz NOT NULL,           -- when it may be answered; a claim is a lease
    PRIMARY KEY (bucket, digest, name, answer_to)
);
CREATE INDEX message_again_due ON message_again (due);
GRANT SELECT, INSERT, DELETE ON message_again TO akson_app;
GRANT UPDATE (due) ON message_again TO akson_app;

INSERT INTO message_again (bucket, digest, name, answer_to, due)
SELECT bucket, digest, unnest(CASE unanswered WHEN '{}' THEN ARRAY[envelope_id] ELSE unanswered END), answer_to, due
  FROM message_in WHERE again
ON CONFLICT DO NOTHING;
ALTER TABLE message_in DROP COLUMN again, DROP COLUMN unanswered;  -- and with it message_in_due

ALTER TABLE message_out ADD COLUMN answer_to text NOT NULL DEFAULT '';  -- where answers_as wants its receipt
REVOKE UPDATE (answers_as) ON message_out FROM akson_app;
REVOKE UPDATE (answer_to) ON message_in FROM akson_app;
