-- Which code systems, supplements and value sets there are.

-- name: systems
-- in   $1 urls, $2 scope of the request
-- out  every version of these code systems and of the supplements to them; head is not read
SELECT id, url, version, content, supplements, case_sensitive, digest, scope
  FROM terminology_system
 WHERE (url = ANY ($1) OR (supplements <> '' AND supplements = ANY ($1))) AND scope IN (0, $2)

-- name: heads
SELECT id, head FROM terminology_system WHERE id = ANY ($1)

-- name: value_sets
-- in   $1 urls, $2 scope of the request
-- out  every version of these value sets, without their bodies
SELECT url, version, scope, digest FROM terminology_value_set WHERE url = ANY ($1) AND scope IN (0, $2)

-- name: value_set_body
SELECT body FROM terminology_value_set WHERE url = $1 AND version = $2 AND scope = $3
