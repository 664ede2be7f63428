-- name: due
-- Ask about somebody again at the latest at that time; sooner when that was to be.
-- in    $1 id of the Practitioner, $2 when
INSERT INTO authorisation (practitioner, due) VALUES ($1, $2)
    ON CONFLICT (practitioner) DO UPDATE SET due = least(authorisation.due, excluded.due);

-- name: asked
-- Keep when somebody is to be asked about next.
-- in    $1 id of the Practitioner, $2 when
INSERT INTO authorisation (practitioner, due) VALUES ($1, $2) ON CONFLICT (practitioner) DO UPDATE SET due = excluded.due;

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
