-- name: authors
-- Who wrote some resources of one owner first.
-- in   $1 owner, $2 type, $3 ids
-- out  id, author: JSON as record/sets.py makes it
SELECT v.id, a.told AS author
  FROM resource_version v
  JOIN author a ON a.author = v.author
 WHERE v.owner = $1 AND v.type = $2 AND v.id = ANY ($3::text[]) AND v.version = 1;
