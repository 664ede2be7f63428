-- A transport calls a message that comes again by another name, and wants its receipt under that.
ALTER TABLE message_in ADD COLUMN came_as text NOT NULL DEFAULT '';  -- what it called it the last time; '': as the first
ALTER TABLE message_out ADD COLUMN answers_as text NOT NULL DEFAULT '';  -- of a receipt that goes again: which name it answers
GRANT UPDATE (came_as, answer_to) ON message_in TO akson_app;
GRANT UPDATE (answers_as) ON message_out TO akson_app;
