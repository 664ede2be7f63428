-- Citizens are told that somebody looked, at a level and in a way of their own; see docs/alerts.md. No letter says more than that.

-- What one has chosen. since: looks before it are not told of.
CREATE TABLE alert_choice (
    owner    bigint PRIMARY KEY,
    level    text NOT NULL CHECK (level IN ('none', 'opened', 'new', 'every')),
    way      text NOT NULL CHECK (way IN ('inbox', 'mail', 'sms')),
    address  text NOT NULL,
    language text NOT NULL,
    since    timestamptz NOT NULL
);
-- How far each stream of the access log has been read. The stream 0 is the turn of who reads.
CREATE TABLE alert_stream (
    stream bigint PRIMARY KEY,
    seq    bigint NOT NULL
);
INSERT INTO alert_stream VALUES (0, 0);
-- The looks that are told of, by their row of the access log: the inbox of Min side.
CREATE TABLE alert (
    owner  bigint NOT NULL,
    stream bigint NOT NULL,
    seq    bigint NOT NULL,
    at     timestamptz NOT NULL,
    kind   text NOT NULL CHECK (kind IN ('emergency', 'opened', 'new', 'every')),
    PRIMARY KEY (owner, stream, seq)
);
CREATE INDEX alert_at ON alert (owner, at);
-- What is sent outside. made: when somebody looked; due: when it is tried next; failed: why it is tried no more.
CREATE TABLE alert_letter (
    owner  bigint NOT NULL,
    id     text NOT NULL COLLATE "C",
    urgent boolean NOT NULL,
    made   timestamptz NOT NULL,
    due    timestamptz NOT NULL,
    tries  integer NOT NULL DEFAULT 0,
    sent   timestamptz,
    failed text NOT NULL DEFAULT '' CHECK (failed IN ('', 'address', 'time')),
    PRIMARY KEY (owner, id)
);
-- What comes while a letter waits is told by that letter.
CREATE UNIQUE INDEX alert_letter_waiting ON alert_letter (owner) WHERE NOT urgent AND tries = 0;
CREATE INDEX alert_letter_due ON alert_letter (due) WHERE sent IS NULL AND failed = '';
GRANT SELECT, INSERT, UPDATE ON alert_choice TO akson_app;
GRANT SELECT, INSERT, UPDATE ON alert_stream TO akson_app;
GRANT SELECT, INSERT, DELETE ON alert TO akson_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_letter TO akson_app;
