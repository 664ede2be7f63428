-- name: gave_care
-- One row when somebody wrote in a record, and what they wrote is still theirs.
-- in  $1 owner, $2 key of who writes, $3 codes of types that are not care
SELECT FROM resource r WHERE r.owner = $1 AND r.author = $2 AND r.type <> ALL ($3::smallint[]) AND NOT r.deleted LIMIT 1;
