-- name: hold
-- Put a record on hold, under its lock: what is being erased is erased before it, and nothing after it.
-- in    $1 owner, $2 instant, $3 reason, $4 name of who asks
-- out   the owner; nothing when it is on hold already
WITH locked AS MATERIALIZED (SELECT o.owner FROM owner o WHERE o.owner = $1 FOR NO KEY UPDATE)
INSERT INTO hold (owner, since, reason, by_name) SELECT l.owner, $2, $3, $4 FROM locked l
ON CONFLICT (owner) WHERE ended IS NULL DO NOTHING RETURNING owner;

-- name: end
-- End the hold of a record.
-- in    $1 owner, $2 instant, $3 name of who ends it
-- out   the owner; nothing when none stands
UPDATE hold SET ended = $2, ended_by = $3 WHERE owner = $1 AND ended IS NULL RETURNING owner;

-- name: standing
-- The holds that stand, and on what: a person, or what stands in no record.
SELECT h.owner, p.type, p.id, h.since, h.reason, h.by_name
  FROM hold h JOIN owner o ON o.owner = h.owner JOIN resource p ON p.owner = o.owner AND p.type = o.type
 WHERE h.ended IS NULL ORDER BY h.since, h.owner;

-- name: standing_on
-- The hold that stands on one record.
-- in    $1 owner
SELECT since, by_name FROM hold WHERE owner = $1 AND ended IS NULL;

-- name: is_here
-- Whether there is such a person, or such a thing that stands in no record.
-- in    $1 owner, $2 type, $3 id
SELECT true FROM resource r JOIN owner o ON o.owner = r.owner AND o.type = r.type WHERE r.owner = $1 AND r.type = $2 AND r.id = $3;
