-- name: answerer
-- The organisation that answers for what a unit's staff did: the unit's data controller, or the unit when it has none.
-- in   $1 owner key of the unit, $2 type code of Organization
SELECT r.id FROM fact u
  JOIN resource r ON r.owner = coalesce(nullif(u.unit, 0), u.owner) AND r.type = $2 AND NOT r.deleted
 WHERE u.owner = $1 AND u.kind = 'unit';

-- name: record_keepers
-- Who answers for each entry of a record: the data controller of the unit that has written it.
-- in   $1 owner, $2 types of content, $3 code of Organization
-- out  per entry what the rules need to know of it, the keeper's owner key, id and name
SELECT e.owner, e.type, e.id, e.sort_date, e.unit, e.author, e.labels,
       o.owner AS keeper, o.id AS keeper_id, f.data::json -> 'value' ->> 'name' AS name
  FROM resource e
  LEFT JOIN fact u ON u.owner = e.unit AND u.kind = 'unit'
  JOIN resource o ON o.owner = coalesce(nullif(u.unit, 0), nullif(e.unit, 0), e.controller) AND o.type = $3 AND NOT o.deleted
  LEFT JOIN fact f ON f.owner = o.owner AND f.kind = 'unit'
 WHERE e.owner = $1 AND e.type = ANY ($2::smallint[]) AND NOT e.deleted
 ORDER BY o.owner;

-- name: kept
-- The entries of a record that one data controller answers for, newest first; rows as `current` of reading.sql, and
-- the keeper: $3.
-- in   $1 owner, $2 types, $3 owner key of the controller, $4 and $5 dated from and before, or null,
--      $6 ids, or null for all, $7 how many
SELECT r.owner, r.type, r.id, r.version, r.last_updated, r.sort_date, r.unit, r.author, r.labels, r.about, r.deleted,
       v.body, o.facts_rev, o.facts, o.type AS owner_type, $3::bigint AS keeper
  FROM resource r
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
  JOIN owner o ON o.owner = r.owner
  LEFT JOIN fact u ON u.owner = r.unit AND u.kind = 'unit'
 WHERE r.owner = $1 AND r.type = ANY ($2::smallint[]) AND NOT r.deleted
   AND coalesce(nullif(u.unit, 0), nullif(r.unit, 0), r.controller) = $3
   AND ($4::timestamptz IS NULL OR r.sort_date >= $4) AND ($5::timestamptz IS NULL OR r.sort_date < $5)
   AND ($6::text[] IS NULL OR r.id = ANY ($6))
 ORDER BY r.sort_date DESC NULLS LAST, r.id LIMIT $7;

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
