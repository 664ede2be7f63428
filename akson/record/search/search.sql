-- Fragments that compiling.py puts together. `r` is the resource; :names become numbered parameters.

-- name: in_type
r.type = :type AND NOT r.deleted

-- name: allowed
r.owner = ANY (:owners)

-- name: of_nobody
NOT r.person

-- name: not_denied
r.owner <> ALL (:owners)

-- name: not_items
r.id <> ALL (:items)

-- name: by_id
r.id = ANY (:ids)

-- name: tokens
r.tokens && :tokens

-- name: hot_tokens
EXISTS (SELECT FROM search_token s WHERE s.token = ANY (:tokens) AND s.owner = r.owner AND s.type = r.type AND s.id = r.id)

-- name: string
EXISTS (SELECT FROM search_string s
         WHERE s.owner = r.owner AND s.type = r.type AND s.id = r.id AND s.param = :param AND (:any))

-- name: string_begins
s.value >= :low AND s.value < :high

-- name: string_contains
strpos(s.value, :part) > 0

-- name: reference
EXISTS (SELECT FROM search_reference s
         WHERE s.owner = r.owner AND s.type = r.type AND s.id = r.id AND s.param = :param AND (:any))

-- name: reference_is
s.target = :target AND s.target_type = ANY (:types)

-- name: date
EXISTS (SELECT FROM search_date s
         WHERE s.owner = r.owner AND s.type = r.type AND s.id = r.id AND s.param = :param AND (:any))

-- name: number
EXISTS (SELECT FROM search_number s
         WHERE s.owner = r.owner AND s.type = r.type AND s.id = r.id AND s.param = :param AND s.unit = ANY (:units)
           AND (:any))

-- name: range_eq
s.low >= :low AND s.high <= :high

-- name: range_ne
NOT (s.low >= :low AND s.high <= :high)

-- name: range_gt
s.high > :high

-- name: range_lt
s.low < :low

-- name: range_ge
s.high >= :low

-- name: range_le
s.low <= :high

-- name: range_sa
s.low > :high

-- name: range_eb
s.high < :low

-- name: range_ap
s.low <= :high AND s.high >= :low

-- name: updated_eq
r.last_updated >= :low AND r.last_updated <= :high

-- name: updated_ne
NOT (r.last_updated >= :low AND r.last_updated <= :high)

-- name: updated_gt
r.last_updated > :high

-- name: updated_lt
r.last_updated < :low

-- name: updated_ge
r.last_updated >= :low

-- name: updated_le
r.last_updated <= :high

-- name: updated_sa
r.last_updated > :high

-- name: updated_eb
r.last_updated < :low

-- name: updated_ap
r.last_updated >= :low AND r.last_updated <= :high

-- name: key_updated
r.last_updated

-- name: key_id
r.id

-- name: key_date_up
coalesce((SELECT min(s.low) FROM search_date s
           WHERE s.owner = r.owner AND s.type = r.type AND s.id = r.id AND s.param = :param), 'infinity'::timestamptz)

-- name: key_date_down
coalesce((SELECT max(s.high) FROM search_date s
           WHERE s.owner = r.owner AND s.type = r.type AND s.id = r.id AND s.param = :param), '-infinity'::timestamptz)

-- name: key_string_up
coalesce((SELECT min(s.value) FROM search_string s
           WHERE s.owner = r.owner AND s.type = r.type AND s.id = r.id AND s.param = :param), U&'\+10FFFF') COLLATE "C"

-- name: key_string_down
coalesce((SELECT max(s.value) FROM search_string s
           WHERE s.owner = r.owner AND s.type = r.type AND s.id = r.id AND s.param = :param), '') COLLATE "C"

-- name: key_number_up
coalesce((SELECT min(s.low) FROM search_number s
           WHERE s.owner = r.owner AND s.type = r.type AND s.id = r.id AND s.param = :param AND s.unit = 0), 'Infinity')

-- name: key_number_down
coalesce((SELECT max(s.high) FROM search_number s
           WHERE s.owner = r.owner AND s.type = r.type AND s.id = r.id AND s.param = :param AND s.unit = 0), '-Infinity')

-- name: page
-- One page of hits. :where, :keys, :after and :order are put in by compiling.py.
SELECT r.owner, r.type, r.id, r.version, r.last_updated, r.unit, r.author, r.labels, r.about, r.deleted, v.body, :names
  FROM (SELECT h.* FROM (SELECT r.*, :keys FROM resource r WHERE :where) h WHERE :after ORDER BY :order LIMIT :limit) r
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
 ORDER BY :order

-- name: total
SELECT count(*) FROM resource r WHERE :where

-- name: targets
-- Where the hits point, by parameter: for _include.
SELECT DISTINCT s.target_type, s.target
  FROM unnest($1::bigint[], $2::text[]) AS k (owner, id)
  JOIN search_reference s ON s.owner = k.owner AND s.type = $3 AND s.id = k.id AND s.param = $4
 WHERE s.target_type = ANY ($5::smallint[])
 ORDER BY s.target_type, s.target LIMIT $6;

-- name: sources
-- Who points at the hits, by parameter: for _revinclude. $5 owners that may be found (null: all but $6)
SELECT DISTINCT s.owner, s.type, s.id
  FROM search_reference s
 WHERE s.target = ANY ($1::text[]) AND s.target_type = $2 AND s.type = $3 AND s.param = $4
   AND ($5::bigint[] IS NULL OR s.owner = ANY ($5)) AND s.owner <> ALL ($6::bigint[])
 ORDER BY s.owner, s.id LIMIT $7;
