-- $translate.

-- name: maps
-- The newest version of each concept map, or the one that is named.
-- in   $1 url or null, $2 version or null, $3 scope, $4 source value set or null, $5 target value set or null
SELECT id, url, version, head FROM terminology_map
 WHERE ($1::text IS NULL OR url = $1) AND ($2::text IS NULL OR version = $2) AND scope IN (0, $3)
   AND ($4::text IS NULL OR source_set IN ('', $4)) AND ($5::text IS NULL OR target_set IN ('', $5))
 ORDER BY url, version DESC

-- name: mappings
-- in   $1 code, $2 system or null
SELECT m.map, m.part, m.source_system, m.source, m.target_system, m.target, m.equivalence, m.body
  FROM terminology_mapping m WHERE m.source = $1 AND ($2::text IS NULL OR m.source_system = $2) ORDER BY m.map, m.n

-- name: mappings_back
SELECT m.map, m.part, m.source_system, m.source, m.target_system, m.target, m.equivalence, m.body
  FROM terminology_mapping m WHERE m.target = $1 AND ($2::text IS NULL OR m.target_system = $2) ORDER BY m.map, m.n
