-- name: authors
-- Who wrote some resources of one owner first.
-- in   $1 owner, $2 type, $3 ids
-- out  id, author: JSON as journal_write_v1 is given it
SELECT id, author FROM resource_version WHERE owner = $1 AND type = $2 AND id = ANY ($3::text[]) AND version = 1;
