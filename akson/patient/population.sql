-- name: met
-- Let the register be asked about patients it has not been asked about before.
-- in    $1 ids of Patients, $2 now
INSERT INTO population (patient, due) SELECT id, $2 FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING;

-- name: feed
-- How far the feed has been read, when it is read next, and until when a register that does not answer is left alone.
-- out   next bigint (0: never), due, heard, away_until timestamptz, why text
SELECT next, due, heard, away_until, why FROM population_feed;

-- name: heard
-- Keep how far the feed has been read; those it names who are patients here are asked about before all others.
-- in    $1 next event, $2 when to read on, $3 now, $4 the register's ids of persons
WITH named AS (UPDATE population SET due = '-infinity' WHERE register = ANY ($4::text[]) RETURNING patient)
UPDATE population_feed SET next = $1, due = $2, heard = $3;

-- name: away
-- in    $1 now, $2 until when it is left alone, $3 why
UPDATE population_feed SET away_until = $2, away_since = coalesce(away_since, $1), why = $3;

-- name: back
UPDATE population_feed SET away_until = NULL, away_since = NULL, why = '';

-- name: claim
-- Take some who are due; whoever takes them asks about them before $2, or they come back.
-- in    $1 now, $2 until when they are taken, $3 how many at most
-- out   patient, register text, died date, due timestamptz: $2
UPDATE population SET due = $2
 WHERE patient IN (SELECT patient FROM population WHERE due <= $1 ORDER BY due LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING patient, register, died, due;

-- name: asked
-- Keep what the register calls somebody, the day of death it has told and not taken back, and when to ask again at the latest; one whom the
-- feed has named since they were taken is due as it said.
-- in    $1 id of the Patient, $2 the register's id, "" for unknown, $3 date, $4 when, $5 until when they were taken
UPDATE population SET register = $2, died = $3, due = CASE WHEN due = $5 THEN $4 ELSE due END WHERE patient = $1;

-- name: unclear
-- in    $1 id of the Patient, $2 when to ask again, $3 until when they were taken
UPDATE population SET due = $2 WHERE patient = $1 AND due = $3;

-- name: over
-- in    $1 id of a Patient who is there no more, or has no number to ask by
DELETE FROM population WHERE patient = $1;

-- name: state
-- out   people, waiting integer; next bigint; heard, away_since timestamptz; why text
SELECT (SELECT count(*) FROM population)::integer AS people,
       (SELECT count(*) FROM population WHERE due <= $1)::integer AS waiting, next, heard, away_since, why
  FROM population_feed;
