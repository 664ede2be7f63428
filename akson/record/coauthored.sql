-- name: coauthored
-- Those of some resources in which somebody else than these has written a version.
-- in   $1 owners, $2 types, $3 ids (same length), $4 "Patient/<id>" of who reads
SELECT k.owner, k.type, k.id
  FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS k (owner, type, id)
 WHERE EXISTS (SELECT FROM resource_version v
                 JOIN author a ON a.author = v.author
                WHERE v.owner = k.owner AND v.type = k.type AND v.id = k.id
                  AND (a.told::json ->> 'id') <> ALL ($4::text[]));
