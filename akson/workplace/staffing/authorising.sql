-- name: due
-- Ask about somebody again at the latest at that time; sooner when that was to be.
-- in    $1 id of the Practitioner, $2 when
INSERT INTO authorisation (practitioner, due) VALUES ($1, $2)
    ON CONFLICT (practitioner) DO UPDATE SET due = least(authorisation.due, excluded.due);

-- name: asked
-- Keep when somebody is to be asked about next.
-- in    $1 id of the Practitioner, $2 when, $3 when the register answered; null: it did not, or never
--       knew them, $4 it knows them no more
INSERT INTO authorisation (practitioner, due, asked, lost)
VALUES ($1, $2, $3, CASE WHEN $4::boolean THEN $3::timestamptz END)
    ON CONFLICT (practitioner) DO UPDATE SET due = excluded.due, asked = coalesce(excluded.asked, authorisation.asked),
       lost = CASE WHEN excluded.asked IS NULL THEN authorisation.lost ELSE excluded.lost END;

-- name: lately
-- How many the register has answered about lately, how many of them it knows no more, and whether it knew anybody at all.
-- Whom it has never known is counted in none.
-- in    $1 lately: since when, $2 ids of Practitioners that are counted elsewhere, $3 at all: since when
SELECT count(*) FILTER (WHERE asked > $1)::integer AS asked, count(lost) FILTER (WHERE asked > $1)::integer AS lost,
       coalesce(bool_or(lost IS NULL), false) AS knows
  FROM authorisation WHERE asked > $3 AND practitioner <> ALL ($2::text[]);

-- name: over
-- in    $1 id of the Practitioner who works as nothing any more that takes an authorisation
DELETE FROM authorisation WHERE practitioner = $1;

-- name: claim
-- Take some who are due; whoever takes them asks about them before $2, or they come back.
-- in    $1 now, $2 until when they are taken, $3 how many at most
-- out   practitioner text
UPDATE authorisation SET due = $2
 WHERE practitioner IN (SELECT practitioner FROM authorisation WHERE due <= $1 ORDER BY due LIMIT $3
                           FOR UPDATE SKIP LOCKED)
RETURNING practitioner;
