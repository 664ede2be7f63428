-- name: everything
-- What one person's record holds, in the order of its key.
-- in   $1 owner, $2 types (null: all), $3 changed since, $4 care from, $5 care until, $6 type of the person itself
--      $7 denied ids, $8 type and $9 id after which the page begins, $10 how many, $11 types that may be read, $12 ids
--      that may be read whatever their type
SELECT r.owner, r.type, r.id, r.version, r.last_updated, r.unit, r.author, r.labels, r.about, r.deleted, v.body
  FROM (SELECT * FROM resource r
         WHERE r.owner = $1 AND NOT r.deleted AND (r.type, r.id) > ($8, $9)
           AND ($2::smallint[] IS NULL OR r.type = ANY ($2)) AND r.last_updated >= $3
           AND (r.type = $6 OR r.sort_date BETWEEN $4 AND $5) AND r.id <> ALL ($7::text[])
           AND (r.type = ANY ($11::smallint[]) OR r.id = ANY ($12::text[]))
         ORDER BY r.type, r.id LIMIT $10) r
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
 ORDER BY r.type, r.id;

-- name: named
-- What a record points at outside itself: practitioners, units, places, medicines; in the order of type and id.
-- in   $1 owner, $2 types it may point at, $3 type and $4 id after which the page begins, $5 denied ids, $6 how many,
--      $7 types whose references count, $8 ids whose references count whatever their type
SELECT DISTINCT s.target_type AS type, s.target AS id
  FROM search_reference s
 WHERE (s.owner # (hashtext(s.id) & 2147483647)) BETWEEN ($1::bigint & -2147483648) AND ($1::bigint | 2147483647)
   AND s.owner = $1 AND s.target_type = ANY ($2::smallint[]) AND (s.target_type, s.target) > ($3, $4)
   AND s.id <> ALL ($5::text[]) AND (s.type = ANY ($7::smallint[]) OR s.id = ANY ($8::text[]))
 ORDER BY s.target_type, s.target LIMIT $6;

-- name: tokens
-- The search tokens of what a record holds of some types.
-- in   $1 owner, $2 types
SELECT r.type, r.id, r.tokens FROM resource r WHERE r.owner = $1 AND r.type = ANY ($2::smallint[]) AND NOT r.deleted;
