-- no transaction
-- The search values of a resource are found by one number instead of by owner and id: the owner's key, its last 31 bits mixed
-- with a hash of the id. What belongs to one owner still stands side by side, and what is read is compared by id as well, which
-- with this number gives the owner. These six indexes held the long ids once more and were a tenth of the database; they
-- are half as large now, and less than that where ids were minted here.
-- Nobody waits for this. It reads six tables twice: about a minute for each million resources. The old ones go in the next step.

DROP INDEX CONCURRENTLY IF EXISTS search_group_place;
CREATE INDEX CONCURRENTLY search_group_place ON search_group ((owner # (hashtext(id) & 2147483647)));
ANALYZE search_group;

DROP INDEX CONCURRENTLY IF EXISTS search_reference_place;
CREATE INDEX CONCURRENTLY search_reference_place ON search_reference ((owner # (hashtext(id) & 2147483647)));
ANALYZE search_reference;

DROP INDEX CONCURRENTLY IF EXISTS search_string_place;
CREATE INDEX CONCURRENTLY search_string_place ON search_string ((owner # (hashtext(id) & 2147483647)));
ANALYZE search_string;

DROP INDEX CONCURRENTLY IF EXISTS search_date_place;
CREATE INDEX CONCURRENTLY search_date_place ON search_date ((owner # (hashtext(id) & 2147483647)));
ANALYZE search_date;

DROP INDEX CONCURRENTLY IF EXISTS search_number_place;
CREATE INDEX CONCURRENTLY search_number_place ON search_number ((owner # (hashtext(id) & 2147483647)));
ANALYZE search_number;

DROP INDEX CONCURRENTLY IF EXISTS search_text_place;
CREATE INDEX CONCURRENTLY search_text_place ON search_text ((owner # (hashtext(id) & 2147483647)));
ANALYZE search_text;

-- Codes that are searched across patients had two rows each, one for the code alone and one for the code with its system. Now
-- there is the first one only, and it tells the system: the first half of the hash of both, 0 where the resource has the code of
-- several or was written before this; then its tokens are asked.
ALTER TABLE search_token ADD COLUMN IF NOT EXISTS named integer NOT NULL DEFAULT 0;
DROP INDEX CONCURRENTLY IF EXISTS search_token_key;
CREATE UNIQUE INDEX CONCURRENTLY search_token_key ON search_token (token, owner, id) INCLUDE (named);
