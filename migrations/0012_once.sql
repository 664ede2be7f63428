-- What makes a write happen once.

-- One row per condition that something is being created or updated under: whoever writes under the same condition waits for
-- the row, and then looks again. The key is a keyed hash; an hour later the row is of no use to anybody.
CREATE TABLE condition (
  key bigint PRIMARY KEY,
  at  timestamptz NOT NULL
);
CREATE INDEX condition_at ON condition (at);

-- What became of a write that carried an Idempotency-Key; kept for 30 days. Nothing of its content: where it is, no more.
CREATE TABLE idempotency (
  key     bytea PRIMARY KEY,                 -- keyed hash of who asked, for whom, and the key
  request bytea NOT NULL,                    -- keyed hash of what was asked
  at      timestamptz NOT NULL,
  results text NOT NULL                      -- JSON: for each thing written [status, type, id, version, time]
);
CREATE INDEX idempotency_at ON idempotency (at);

GRANT SELECT, INSERT, UPDATE, DELETE ON condition, idempotency TO akson_app;
