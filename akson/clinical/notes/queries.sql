-- name: keep
-- Keep a draft; the row is locked until the work ends, so that saving and signing at once take turns.
-- in  $1 person, $2 id, $3 owner, $4 kind, $5 now, $6 sealed, $7 what it is about
INSERT INTO draft (person, id, owner, kind, changed, sealed, about) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (person, id) DO UPDATE SET changed = excluded.changed, sealed = excluded.sealed
 WHERE draft.owner = excluded.owner AND draft.kind = excluded.kind;

-- name: keep_on
-- Keep more of a draft that exists.
UPDATE draft SET changed = $3, sealed = $4 WHERE person = $1 AND id = $2;

-- name: one
SELECT id, owner, kind, changed, sealed FROM draft WHERE person = $1 AND id = $2;

-- name: every
-- The drafts of one person, the last changed first.
SELECT id, owner, kind, changed, sealed FROM draft WHERE person = $1 ORDER BY changed DESC, id;

-- name: drop
DELETE FROM draft WHERE person = $1 AND id = $2;

-- name: drop_about
-- Delete everybody's drafts about resources of one owner that were erased.
DELETE FROM draft WHERE owner = $1 AND about = ANY ($2::text[]);

-- name: forget
-- Delete the drafts that nobody has touched since a moment, the oldest first; those that somebody saves now are left.
-- in  $1 moment, $2 how many at most
DELETE FROM draft d USING (SELECT person, id FROM draft WHERE changed < $1 ORDER BY changed LIMIT $2
                              FOR UPDATE SKIP LOCKED) o
 WHERE d.person = o.person AND d.id = o.id;
