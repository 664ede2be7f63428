-- What may stop whoever takes it up is told from what was tried in vain: only the first goes alone.

ALTER TABLE message_out ADD COLUMN untold smallint NOT NULL DEFAULT 0;  -- attempts or questions since the last that was told of
GRANT UPDATE (untold) ON message_out TO akson_app;
