-- name: prepare
-- The runner's own two tables. Tolerates being run by two at once: the loser finds them made.
DO $$
BEGIN
    CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL, at timestamptz NOT NULL);
    CREATE TABLE IF NOT EXISTS migration_lock (one boolean PRIMARY KEY CHECK (one));
    INSERT INTO migration_lock VALUES (true) ON CONFLICT DO NOTHING;
EXCEPTION WHEN unique_violation OR duplicate_table OR duplicate_object THEN
    NULL;
END $$;

-- name: lock
-- Waits for its turn; held until the transaction ends.
UPDATE migration_lock SET one = true;

-- name: ran
-- out   name text, sha256 text
SELECT name, sha256 FROM migration;

-- name: note
-- in    $1 name, $2 sha256, $3 at
INSERT INTO migration (name, sha256, at) VALUES ($1, $2, $3);

-- name: others
-- How many others are connected to this database: programs of Akson by whichever login, and whoever looks.
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> 'akson migrate';
