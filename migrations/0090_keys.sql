-- no transaction
-- Shorter keys for what is read in order: the few rows that tie are sorted when they are read, so that the key of each row need not
-- hold owner, id or place for them; and what one import wrote has one time, and shares an entry. A tenth of the database.
-- Nobody waits for the new ones; it reads two tables: about a minute for each million resources. Each of the old ones goes as soon as the
-- questions that use it have ended; one step after the other, so that nobody waits for two tables at once.

DROP INDEX CONCURRENTLY IF EXISTS version_by_time;
CREATE INDEX CONCURRENTLY version_by_time ON resource_version (type, last_updated);
DROP INDEX CONCURRENTLY IF EXISTS version_type;

DROP INDEX CONCURRENTLY IF EXISTS version_by_owner;
CREATE INDEX CONCURRENTLY version_by_owner ON resource_version (owner, type, last_updated) WHERE version > 0;
DROP INDEX CONCURRENTLY IF EXISTS version_owner;

DROP INDEX CONCURRENTLY IF EXISTS resource_by_update;
CREATE INDEX CONCURRENTLY resource_by_update ON resource (type, last_updated DESC) WHERE NOT deleted;
DROP INDEX CONCURRENTLY IF EXISTS resource_by_time;

DROP INDEX CONCURRENTLY IF EXISTS resource_by_date;
CREATE INDEX CONCURRENTLY resource_by_date ON resource (owner, type, sort_date DESC) WHERE NOT deleted;
DROP INDEX CONCURRENTLY IF EXISTS resource_chart;

DROP INDEX CONCURRENTLY IF EXISTS resource_by_owner;
CREATE INDEX CONCURRENTLY resource_by_owner ON resource (type, owner) WHERE NOT deleted;
DROP INDEX CONCURRENTLY IF EXISTS resource_walk;
