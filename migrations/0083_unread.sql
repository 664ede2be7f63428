-- no transaction
-- What waits to be read, by itself: what has been read and only came again is not what others must wait for.
DROP INDEX CONCURRENTLY IF EXISTS message_in_kept;
CREATE INDEX CONCURRENTLY message_in_kept ON message_in (bucket, due) WHERE state = 'kept';
