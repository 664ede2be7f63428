-- Searches for persons, for the surveillance: days with unusually many that nobody found was opened after.
--
-- patients: who was found; gone when the day has been judged for the last time.
CREATE TABLE watch_search (
    actor    bigint NOT NULL,
    day      date NOT NULL,
    unit     bigint NOT NULL,
    stream   bigint NOT NULL,
    seq      bigint NOT NULL,
    at       timestamptz NOT NULL,
    patients bigint[] NOT NULL,
    PRIMARY KEY (actor, day, unit, stream, seq)
);
CREATE INDEX watch_search_day ON watch_search (day);

-- searches: for persons, with nobody of those found opened after; searches_usual: what is usual.
ALTER TABLE watch_day ADD COLUMN searches integer NOT NULL DEFAULT 0;
ALTER TABLE finding ADD COLUMN searches integer NOT NULL DEFAULT 0, ADD COLUMN searches_usual integer NOT NULL DEFAULT 0;

GRANT SELECT, INSERT, DELETE ON watch_search TO akson_app;
