-- A message may come again by several names before the first of them is answered: each waits for its own receipt.
ALTER TABLE message_in ADD COLUMN unanswered text[] NOT NULL DEFAULT '{}';  -- what the transport called it, first to last
GRANT UPDATE (unanswered) ON message_in TO akson_app;
UPDATE message_in SET unanswered = ARRAY[came_as] WHERE again AND came_as <> '';
ALTER TABLE message_in DROP COLUMN came_as;
