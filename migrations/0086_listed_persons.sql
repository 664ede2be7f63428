-- Who stood in lists as apps get them, each once for who was shown them that day: a page that shows nobody new adds nothing.

CREATE TABLE watch_listed (
    actor   bigint NOT NULL,
    day     date NOT NULL,
    unit    bigint NOT NULL,
    patient bigint NOT NULL,
    PRIMARY KEY (day, actor, unit, patient)
);
GRANT SELECT, INSERT, DELETE ON watch_listed TO akson_app;

INSERT INTO watch_listed (actor, day, unit, patient)
SELECT DISTINCT actor, day, unit, unnest(patients) FROM watch_search WHERE listed;
DELETE FROM watch_search WHERE listed;
ALTER TABLE watch_search DROP COLUMN listed;
