-- Surveillance of the access log: what was looked at each day, what stands out of it, and what the privacy officer found.
--
-- watch_look and watch_day are made of the log and may be made again at any time; findings stay. What was found about one
-- is written once: the application can neither change nor take it away.

-- How far each stream of the log has been gathered. Stream 0 is none: who holds its row has the turn.
CREATE TABLE watch_stream (
    stream bigint PRIMARY KEY,
    seq    bigint NOT NULL
);
INSERT INTO watch_stream VALUES (0, 0);

-- One person's day with one record. day: Norwegian civil time; opened, refused: answers; openings: by own decision;
-- due: when it is to be judged next, null when it has been for good.
CREATE TABLE watch_look (
    actor      bigint NOT NULL,
    day        date NOT NULL,
    unit       bigint NOT NULL,
    patient    bigint NOT NULL,
    controller bigint NOT NULL,
    actor_id   text NOT NULL,
    actor_name text NOT NULL,
    actor_role text NOT NULL,
    unit_name  text NOT NULL,
    opened     integer NOT NULL,
    refused    integer NOT NULL,
    openings   integer NOT NULL,
    first      timestamptz NOT NULL,
    last       timestamptz NOT NULL,
    due        timestamptz,
    PRIMARY KEY (actor, day, unit, patient)
);
CREATE INDEX watch_look_due ON watch_look (due) WHERE due IS NOT NULL;
CREATE INDEX watch_look_patient ON watch_look (patient, day);
CREATE INDEX watch_look_day ON watch_look (day);

-- How many records one opened in a day, for what is usual.
CREATE TABLE watch_day (
    unit    bigint NOT NULL,
    day     date NOT NULL,
    actor   bigint NOT NULL,
    records integer NOT NULL,
    PRIMARY KEY (unit, day, actor)
);
CREATE INDEX watch_day_actor ON watch_day (actor, day);

-- What stands out. controller: answers for the unit; patient 0: about the whole day; signs: why, see
-- akson/patient/watching/model.py; records, usual: of a day with unusually many.
CREATE TABLE finding (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    actor       bigint NOT NULL,
    day         date NOT NULL,
    unit        bigint NOT NULL,
    patient     bigint NOT NULL,
    controller  bigint NOT NULL,
    actor_id    text NOT NULL,
    actor_name  text NOT NULL,
    actor_role  text NOT NULL,
    unit_name   text NOT NULL,
    first       timestamptz NOT NULL,
    last        timestamptz NOT NULL,
    opened      integer NOT NULL,
    refused     integer NOT NULL,
    signs       text[] NOT NULL,
    strength    smallint NOT NULL,
    records     integer NOT NULL DEFAULT 0,
    usual       integer NOT NULL DEFAULT 0,
    at          timestamptz NOT NULL,
    UNIQUE (actor, day, unit, patient)
);
CREATE INDEX finding_controller ON finding (controller, strength DESC, day DESC);

-- What the privacy officer found. outcome: lawful, unlawful, unclear, or case: it is answered there.
CREATE TABLE finding_outcome (
    finding  uuid PRIMARY KEY REFERENCES finding,
    outcome  text NOT NULL CHECK (outcome IN ('lawful', 'unlawful', 'unclear', 'case')),
    words    text NOT NULL,
    by_id    text NOT NULL,
    by_name  text NOT NULL,
    at       timestamptz NOT NULL
);

-- Persons whom many know, as the privacy officer of an organisation marked them; the last word counts.
CREATE TABLE watch_known (
    controller bigint NOT NULL,
    patient    bigint NOT NULL,
    at         timestamptz NOT NULL,
    known      boolean NOT NULL,
    by_id      text NOT NULL,
    PRIMARY KEY (controller, patient, at)
);

GRANT SELECT, INSERT, UPDATE ON watch_stream, finding TO akson_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON watch_look, watch_day TO akson_app;
GRANT SELECT, INSERT ON finding_outcome, watch_known TO akson_app;
