-- A refusal that nobody explains is told of after so many questions for its reason: those before it was heard of count not.
ALTER TABLE message_out ADD COLUMN unexplained smallint NOT NULL DEFAULT 0;
GRANT UPDATE (unexplained) ON message_out TO akson_app;
