-- A sending is its first sender's until it is committed with what it wrote: one that was freed after a minute, while the
-- first was still at work, is then the second sender's, and the first writes nothing.
ALTER TABLE sending ADD COLUMN holder text COLLATE "C" NOT NULL DEFAULT '';   -- whoever carries it out
