-- name: numbers
-- The national numbers of practitioners, the record that somebody has by each as a resident, and their names.
-- in    $1 practitioners, $2 systems of practitioners' identifiers, $3 systems of persons'
-- uses  index person_identifier_owner
SELECT p.owner, p.value, o.owner AS resident, f.data::json -> 'value' ->> 'name' AS name
  FROM person_identifier p
  LEFT JOIN person_identifier o ON o.value = p.value AND o.system = ANY ($3::text[]) AND o.owner <> 0
  LEFT JOIN fact f ON f.owner = p.owner AND f.kind = 'professional'
 WHERE p.owner = ANY ($1::bigint[]) AND p.system = ANY ($2::text[]);
