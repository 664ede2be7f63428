-- name: answerer
-- The organisation that answers for what a unit's staff did: the unit's data controller, or the unit when it has none.
-- in   $1 owner key of the unit, $2 type code of Organization
SELECT r.id FROM fact u
  JOIN resource r ON r.owner = coalesce(nullif(u.unit, 0), u.owner) AND r.type = $2 AND NOT r.deleted
 WHERE u.owner = $1 AND u.kind = 'unit';

-- name: name
-- What a person is called.
SELECT data::json -> 'value' ->> 'name' AS name FROM fact WHERE owner = $1 AND kind = 'person';

-- name: keepers
-- The organisations that answer for an entry: the unit that keeps it, or whose staff wrote it; its data controller.
-- in   $1 owner, $2 type, $3 id of the entry, $4 owner key of the unit that it says keeps it, or 0, $5 code of Organization
-- out  id, the unit first; the same twice where a unit is its own controller
SELECT o.id
  FROM (SELECT coalesce(nullif($4::bigint, 0), nullif(e.unit, 0), e.controller) AS unit, e.controller
          FROM resource e WHERE e.owner = $1 AND e.type = $2 AND e.id = $3) k
  LEFT JOIN fact u ON u.owner = k.unit AND u.kind = 'unit'
 CROSS JOIN LATERAL (VALUES (1, k.unit), (2, coalesce(nullif(u.unit, 0), k.controller))) a (n, owner)
  JOIN resource o ON o.owner = a.owner AND o.type = $5 AND NOT o.deleted
 ORDER BY a.n;
