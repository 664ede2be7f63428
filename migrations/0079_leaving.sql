-- What must never go twice is marked before it goes, so only what may have left is told of as unknown.

-- NULL: nobody has it in hand, or a release before this one; false: in hand, and not on its way out; true: it may have left.
ALTER TABLE message_out ADD COLUMN leaving boolean;
GRANT UPDATE (leaving) ON message_out TO akson_app;
