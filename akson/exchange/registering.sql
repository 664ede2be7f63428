-- name: met
-- Let the register be asked about parties outside that it has not been asked about before. Those of level 1 are named by
-- the services below them, so they are asked about too.
-- in    $1 now
INSERT INTO address_register (her_id, due) SELECT a.her_id, $1 FROM address a
 WHERE NOT a.ours AND NOT EXISTS (SELECT FROM address_register r WHERE r.her_id = a.her_id) ON CONFLICT DO NOTHING;

-- name: claim
-- Take some who are due; whoever takes them asks about them before $2, or they come back.
-- in    $1 now, $2 until when they are taken, $3 how many at most
-- out   her_id bigint
UPDATE address_register SET due = $2
 WHERE her_id IN (SELECT her_id FROM address_register WHERE due <= $1 ORDER BY due LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING her_id;

-- name: told
-- Keep what the register says of a party; one that was gone is reached as it was before. An answer in part leaves its
-- certificates as they stand.
-- in    $1 her_id, $2 name, $3 parent, NULL where that stands, $4 org_number, $5, $6 thumbprints, $7 now, $8 when to ask again
WITH before AS (SELECT endpoint FROM address_register WHERE her_id = $1 AND gone IS NOT NULL), party AS (
  UPDATE address SET name = $2, parent = coalesce($3, parent), org_number = coalesce(nullif($4, ''), org_number),
         endpoint = coalesce((SELECT b.endpoint FROM before b), endpoint)
   WHERE her_id = $1 AND NOT ours RETURNING her_id)
UPDATE address_register SET asked = $7, due = $8, gone = NULL, missing = NULL, endpoint = '', why = '',
       signing = CASE WHEN $3 IS NULL THEN coalesce(nullif($5, ''), signing) ELSE $5 END,
       encryption = CASE WHEN $3 IS NULL THEN coalesce(nullif($6, ''), encryption) ELSE $6 END
 WHERE her_id = $1;

-- name: missed
-- A party is there no more. Nothing goes to it from when that is sure: its time is over, or the register has said so
-- twice and known another in between.
-- in    $1 her_id, $2 now, $3 when to ask again, $4 its time is over
-- out   whether it was closed now
WITH r AS (
  SELECT reg.gone, reg.endpoint, coalesce(a.endpoint, '') AS way,
         reg.gone IS NULL AND ($4::boolean OR reg.missing IS NOT NULL
           AND EXISTS (SELECT FROM address_register o WHERE o.asked > reg.missing)) AS closes
    FROM address_register reg LEFT JOIN address a ON a.her_id = reg.her_id AND NOT a.ours WHERE reg.her_id = $1),
closed AS (UPDATE address SET endpoint = '' WHERE her_id = $1 AND NOT ours AND (SELECT closes FROM r))
UPDATE address_register u SET due = $3, why = '', missing = coalesce(u.missing, $2),
       gone = CASE WHEN r.closes THEN $2 ELSE r.gone END, endpoint = CASE WHEN r.closes THEN r.way ELSE r.endpoint END
  FROM r WHERE u.her_id = $1
RETURNING r.closes;

-- name: again
-- Let the register be asked about everybody now.
-- in    $1 now
UPDATE address_register SET due = least(due, $1);

-- name: away
-- The register does not answer: everybody who is due, or was being asked about, waits.
-- in    $1 when to ask again, $2 why
UPDATE address_register SET due = greatest(due, $1), why = $2 WHERE due <= $1;

-- name: unclear
-- The register answers, but nothing of this party.
-- in    $1 her_id, $2 when to ask again, $3 why
UPDATE address_register SET due = $2, why = $3 WHERE her_id = $1;

-- name: state
-- out   parties integer; asked timestamptz: the last answer; why text: "" where it answers
SELECT count(*)::integer AS parties, max(asked) AS asked, coalesce(max(why), '') AS why
  FROM address_register;

-- name: closed
-- out   her_id bigint, name text, gone timestamptz
SELECT r.her_id, a.name, r.gone FROM address_register r JOIN address a ON a.her_id = r.her_id
 WHERE r.gone IS NOT NULL ORDER BY r.gone, r.her_id;
