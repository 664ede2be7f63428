-- name: of_unit
-- Records that staff of a unit opened for it with a reason, the newest first.
-- in   $1 unit, $2 begun since, $3 not by, $4 how many
-- uses indexes fact_unit, fact_person
SELECT r.owner, r.type, r.id, r.version, r.last_updated, v.body, f.person,
       coalesce((SELECT s.data::json ->> 'value' FROM fact s WHERE s.owner = f.owner AND s.kind = 'protection' LIMIT 1), '')
       AS protection
  FROM (SELECT DISTINCT e.person FROM fact e WHERE e.unit = $1 AND e.kind = 'employment') e
  JOIN fact f ON f.person = e.person AND f.kind = 'opening'
  JOIN resource r ON r.owner = f.owner AND r.type = f.type AND r.id = f.id AND r.deleted IS NOT TRUE
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
 WHERE (f.data::json #>> '{value,unit}')::bigint = $1 AND f.data::json #>> '{value,emergency}' = 'false'
   AND (f.data::json #>> '{value,start}')::timestamptz >= $2 AND f.person <> $3 AND v.body IS NOT NULL
 ORDER BY r.last_updated DESC, r.id LIMIT $4;

-- name: by_person
-- Records that somebody opened with a reason, for the unit they act for now, the newest first.
-- in   $1 practitioner, $2 unit, $3 begun since, $4 how many
SELECT r.owner, r.type, r.id, r.version, r.last_updated, v.body, f.person, '' AS protection
  FROM fact f
  JOIN resource r ON r.owner = f.owner AND r.type = f.type AND r.id = f.id AND r.deleted IS NOT TRUE
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
 WHERE f.person = $1 AND f.kind = 'opening' AND (f.data::json #>> '{value,unit}')::bigint = $2
   AND f.data::json #>> '{value,emergency}' = 'false' AND (f.data::json #>> '{value,start}')::timestamptz >= $3
   AND v.body IS NOT NULL
 ORDER BY r.last_updated DESC, r.id LIMIT $4;

-- name: said
-- What has been said of some openings, the first first.
-- in   $1 owners, $2 ids of Consents (same length)
SELECT s.consent, s.at, s.kind, s.words, s.by_name FROM opening_review s
  JOIN unnest($1::bigint[], $2::text[]) AS o (owner, consent) ON s.owner = o.owner AND s.consent = o.consent
 ORDER BY s.at;

-- name: say
-- Say something of an opening, unless somebody has said more meanwhile.
-- in   $1 owner, $2 id of the Consent, $3 now, $4 kind, $5 words, $6 id and $7 name of who says it, $8 how much was said
INSERT INTO opening_review (owner, consent, at, kind, words, by_id, by_name)
SELECT $1, $2, $3, $4, $5, $6, $7
 WHERE (SELECT count(*) FROM opening_review WHERE owner = $1 AND consent = $2) = $8
    ON CONFLICT DO NOTHING RETURNING consent;
