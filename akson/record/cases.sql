-- name: answerer
-- The organisation that answers for what a unit's staff did: the unit's data controller, or the unit when it has none.
-- in   $1 owner key of the unit, $2 type code of Organization
SELECT r.id FROM fact u
  JOIN resource r ON r.owner = coalesce(nullif(u.unit, 0), u.owner) AND r.type = $2 AND NOT r.deleted
 WHERE u.owner = $1 AND u.kind = 'unit';

-- name: name
-- What a person is called.
SELECT data::json -> 'value' ->> 'name' AS name FROM fact WHERE owner = $1 AND kind = 'person';
