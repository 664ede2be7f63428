-- name: lately
-- Some versions of one owner's resources and those shortly before each.
-- in   $1 owner, $2 types, $3 ids, $4 versions, $5 how many of each
SELECT v.type, v.id, v.version, v.last_updated
  FROM unnest($2::smallint[], $3::text[], $4::integer[]) WITH ORDINALITY AS k (type, id, version, place)
  JOIN resource_version v ON v.owner = $1 AND v.type = k.type AND v.id = k.id
       AND v.version <= k.version AND v.version > k.version - $5
 ORDER BY k.place, v.version;

-- name: of_owner
-- Some versions of one owner's resources, with what the decision needs; `before`: what a delete took away.
-- in   $1 owner, $2 types, $3 ids, $4 versions
SELECT r.owner, r.type, r.id, v.version, v.last_updated, r.sort_date, r.unit, r.author, r.labels, r.about,
       (v.method = 'DELETE') AS deleted, (v.salt IS NULL) AS erased, v.body, v.method,
       CASE WHEN v.method = 'DELETE' THEN (
         SELECT p.body FROM resource_version p
          WHERE p.owner = v.owner AND p.type = v.type AND p.id = v.id AND p.version = v.version - 1) END AS before,
       o.facts_rev, o.facts, o.type AS owner_type
  FROM unnest($2::smallint[], $3::text[], $4::integer[]) AS k (type, id, version)
  JOIN resource r ON r.owner = $1 AND r.type = k.type AND r.id = k.id
  JOIN resource_version v ON v.owner = $1 AND v.type = k.type AND v.id = k.id AND v.version = k.version
  JOIN owner o ON o.owner = $1;
