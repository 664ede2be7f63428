-- Of whom Folkeregisteret is asked: what it calls them, the day of death it told last, and when it is asked about them next.
CREATE TABLE population (
    patient  text NOT NULL COLLATE "C" PRIMARY KEY,
    register text NOT NULL DEFAULT '' COLLATE "C",
    died     date,
    due      timestamptz NOT NULL
);
CREATE INDEX population_due ON population (due);
CREATE INDEX population_register ON population (register) WHERE register <> '';
GRANT SELECT, INSERT, UPDATE, DELETE ON population TO akson_app;
-- Everybody who is a patient already (type 103) is asked about first.
INSERT INTO population (patient, due) SELECT id, now() FROM resource WHERE type = 103 AND NOT deleted;

-- How far its feed of events has been read, and since when it has not answered. One row.
CREATE TABLE population_feed (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    next       bigint NOT NULL DEFAULT 0,
    due        timestamptz,
    heard      timestamptz,
    away_until timestamptz,
    away_since timestamptz,
    why        text NOT NULL DEFAULT ''
);
INSERT INTO population_feed DEFAULT VALUES;
GRANT SELECT, UPDATE ON population_feed TO akson_app;
