-- name: about
-- The newest resources of a type that name a unit.
-- in    $1 id of the unit, $2 type code of Organization, $3 type code of what names it, $4 ids of others, $5 how many
-- uses  index search_reference_target
SELECT r.id, r.last_updated FROM search_reference s
  JOIN resource r ON r.owner = s.owner AND r.type = s.type AND r.id = s.id AND r.deleted IS NOT TRUE
 WHERE s.target = $1 AND s.target_type = $2 AND s.type = $3 AND s.id <> ALL ($4::text[])
 GROUP BY r.id, r.last_updated ORDER BY r.last_updated DESC LIMIT $5;
