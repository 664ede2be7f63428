-- no transaction
-- Parts of words are looked up by groups of three letters: all values of a slot were read for them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

DROP INDEX CONCURRENTLY IF EXISTS search_string_parts;
CREATE INDEX CONCURRENTLY search_string_parts ON search_string USING gin (value gin_trgm_ops) WITH (gin_pending_list_limit = 256);
