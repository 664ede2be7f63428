-- What is said of records that staff opened themselves, with a reason: by the manager of the unit, and by who opened. Each word
-- stays as it was written; the last one says how far the review is.
CREATE TABLE opening_review (
    owner   bigint NOT NULL,
    consent text NOT NULL COLLATE "C",
    at      timestamptz NOT NULL,
    kind    text NOT NULL CHECK (kind IN ('reviewed', 'asked', 'answered', 'reported')),
    words   text NOT NULL,
    by_id   text NOT NULL,
    by_name text NOT NULL,
    PRIMARY KEY (owner, consent, at)
);
-- What the manager wrote who reported it.
ALTER TABLE finding ADD COLUMN reported text NOT NULL DEFAULT '';
GRANT SELECT, INSERT ON opening_review TO akson_app;
