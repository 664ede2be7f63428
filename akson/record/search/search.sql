-- Fragments that conditions.py and compiling.py put together. :r is the resource (an alias); :names become numbered
-- parameters, or fragments. Questions about rows are asked as scalar subqueries on purpose: they are answered row by row
-- through the index on (owner, id), whatever the planner believes about how many there are.

-- name: one_is
= :type

-- name: one_of
= ANY (:types)

-- name: type_is
:r.type :among

-- name: own_row
s.type = :r.type

-- name: in_type
-- Said so that no index of what is not deleted is taken for it: what is known by its whole key is found by that alone, whatever
-- the planner believes of how much one owner has. What walks by such an index says `NOT deleted` besides.
:r.type :among AND :r.deleted IS NOT TRUE

-- name: allowed
-- Asked of row after row: the list becomes a hash table, once. Owners come as the text of an array.
coalesce(:r.owner IN (SELECT unnest(:owners::text::bigint[])), false)

-- name: allowed_in
-- Asked of few rows: by halving the list, which stands in order. To hash all of it costs more than to ask of a hundred rows.
coalesce((SELECT w.owners FROM whose w)[width_bucket(:r.owner, (SELECT w.owners FROM whose w))] = :r.owner, false)

-- name: whose
-- The list is read once, by whichever part of the statement asks first.
whose AS MATERIALIZED (SELECT :owners::text::bigint[] AS owners),

-- name: allowed_first
-- What the rows are found by: each of the owners through an index.
:r.owner = ANY ((SELECT :owners::text::bigint[])::bigint[])

-- name: allowed_one
:r.owner = :owner

-- name: not_denied
NOT coalesce(:r.owner IN (SELECT unnest(:owners::text::bigint[])), false)

-- name: of_nobody
NOT :r.person

-- name: of_unit
NOT :r.person AND :r.unit = :unit AND NOT :r.labels && '{child-concern}'

-- name: of_persons
:r.person

-- name: not_items
:r.id <> ALL (:items)

-- name: not_items_of
-- Of several types at once: an id is one within its type only.
NOT coalesce((:r.type, :r.id) IN (SELECT * FROM unnest(:kinds::text::smallint[], :items::text::text[])), false)

-- name: names_only
:r.about <@ (SELECT :owners::text::bigint[])

-- name: names_nobody_of
NOT :r.about && (SELECT :owners::text::bigint[])

-- name: by_id
:r.id = ANY (:ids)

-- name: any_token
:r.tokens && :tokens

-- name: any_token_here
-- The same of a resource that was found already: no index is to be looked through for it.
coalesce(:r.tokens && :tokens, false)

-- name: one_of_many_tokens
coalesce((SELECT true FROM unnest(:r.tokens) t WHERE t = ANY (:tokens) LIMIT 1), false)

-- name: string
-- What a resource has is read by its own number and by no other index besides: planned for any value, all that fit one would be
-- read as well, once for each resource.
coalesce((SELECT true FROM (SELECT * FROM search_string s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (:r.owner # (hashtext(:r.id) & 2147483647)) OFFSET 0) s
           WHERE s.id = :r.id AND s.slot = ANY (:slots) AND (:any)
           LIMIT 1), false)

-- name: display
-- The numbers of all texts that fit become a hash table, once. What a release before wrote has the text as a row of its own:
-- that is asked for besides (`string`).
coalesce((SELECT true FROM unnest(:r.tokens) t
           WHERE coalesce(t IN (SELECT s.token FROM search_display s WHERE s.slot = ANY (:slots) AND (:any)), false) LIMIT 1), false)

-- name: string_begins
s.value >= :low AND s.value < :high

-- name: string_is
s.value = :value AND s.exact = :exact

-- name: string_contains
strpos(s.value, :part) > 0

-- name: string_has_words
(SELECT bool_and(strpos(' ' || s.value, ' ' || w) > 0) FROM unnest(:words::text[]) w)

-- name: reference
coalesce((SELECT true FROM (SELECT * FROM search_reference s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (:r.owner # (hashtext(:r.id) & 2147483647)) OFFSET 0) s
           WHERE s.id = :r.id AND s.slot = ANY (:slots) AND (:any)
           LIMIT 1), false)

-- name: reference_is
s.target = ANY (:targets) AND s.target_type = ANY (:types)

-- name: reference_to_types
s.target_type = ANY (:types)

-- name: date
coalesce((SELECT true FROM (SELECT * FROM search_date s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (:r.owner # (hashtext(:r.id) & 2147483647)) OFFSET 0) s
           WHERE s.id = :r.id AND s.slot = ANY (:slots) AND (:any)
           LIMIT 1), false)

-- name: number
coalesce((SELECT true FROM (SELECT * FROM search_number s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (:r.owner # (hashtext(:r.id) & 2147483647)) OFFSET 0) s
           WHERE s.id = :r.id AND s.slot = ANY (:slots) AND (:any)
           LIMIT 1), false)

-- name: words
coalesce((SELECT true FROM (SELECT * FROM search_text s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (:r.owner # (hashtext(:r.id) & 2147483647)) OFFSET 0) s
           WHERE s.id = :r.id AND s.type = :r.type AND (:any)
           LIMIT 1), false)

-- name: words_anywhere
s.words @@ websearch_to_tsquery('pg_catalog.norwegian', :query)

-- name: words_in_narrative
s.narrative @@ websearch_to_tsquery('pg_catalog.norwegian', :query)

-- name: group
coalesce((SELECT true FROM (SELECT * FROM search_group g WHERE (g.owner # (hashtext(g.id) & 2147483647)) = (:r.owner # (hashtext(:r.id) & 2147483647)) OFFSET 0) g
           WHERE g.id = :r.id AND g.type = :r.type AND (:any)
           LIMIT 1), false)

-- name: group_token
g.tokens && :tokens

-- name: group_string
coalesce((SELECT true FROM (SELECT * FROM search_string s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (g.owner # (hashtext(g.id) & 2147483647)) OFFSET 0) s
           WHERE s.id = g.id AND s.grp = g.grp AND s.slot = ANY (:slots)
             AND (:any) LIMIT 1), false)

-- name: group_reference
coalesce((SELECT true FROM (SELECT * FROM search_reference s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (g.owner # (hashtext(g.id) & 2147483647)) OFFSET 0) s
           WHERE s.id = g.id AND s.grp = g.grp
             AND s.slot = ANY (:slots) AND (:any) LIMIT 1), false)

-- name: group_date
coalesce((SELECT true FROM (SELECT * FROM search_date s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (g.owner # (hashtext(g.id) & 2147483647)) OFFSET 0) s
           WHERE s.id = g.id AND s.grp = g.grp AND s.slot = ANY (:slots)
             AND (:any) LIMIT 1), false)

-- name: group_number
coalesce((SELECT true FROM (SELECT * FROM search_number s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (g.owner # (hashtext(g.id) & 2147483647)) OFFSET 0) s
           WHERE s.id = g.id AND s.grp = g.grp AND s.slot = ANY (:slots)
             AND (:any) LIMIT 1), false)

-- name: date_eq
-- Begins before the end, too: that bounds what is read of the index.
s.low >= :low AND s.high <= :high AND s.low <= :high

-- name: date_ne
NOT (s.low >= :low AND s.high <= :high)

-- name: date_gt
s.high > :high

-- name: date_lt
s.low < :low

-- name: date_ge
s.high >= :low AND (s.high > :high OR s.low >= :low)

-- name: date_le
s.low <= :high AND (s.low < :low OR s.high <= :high)

-- name: date_sa
s.low > :high

-- name: date_eb
s.high < :low

-- name: date_ap
s.low <= :high AND s.high >= :low

-- name: number_eq
:l >= :low AND :h < :high AND :l < :high

-- name: number_ne
NOT (:l >= :low AND :h < :high)

-- name: number_gt_exact
-- Exact values and stretches apart, here and in number_ge: each by an index of its own, from where it begins to fit.
:l = :h AND :l > :high

-- name: number_gt_wide
:l < :h AND :h > :high

-- name: number_lt
:l < :low

-- name: number_ge_exact
:l = :h AND :l >= :low

-- name: number_ge_wide
:l < :h AND :h >= :low

-- name: number_le
:l <= :high

-- name: number_sa
:l > :high

-- name: number_eb
:h < :low

-- name: number_ap
:l <= :high AND :h >= :low

-- name: number_unit
s.base = :base AND :range

-- name: number_named
(s.code = :name OR s.name = :name) AND :range

-- name: updated_eq
:r.last_updated >= :low AND :r.last_updated <= :high

-- name: updated_ne
NOT (:r.last_updated >= :low AND :r.last_updated <= :high)

-- name: updated_gt
:r.last_updated > :high

-- name: updated_lt
:r.last_updated < :low

-- name: updated_ge
:r.last_updated >= :low

-- name: updated_le
:r.last_updated <= :high

-- name: updated_sa
:r.last_updated > :high

-- name: updated_eb
:r.last_updated < :low

-- name: updated_ap
:r.last_updated >= :low AND :r.last_updated <= :high

-- name: chain
-- Points to a resource, as :t, that meets a condition.
coalesce((SELECT true FROM search_reference s
            LEFT JOIN locator l ON s.target_owner = 0 AND l.type = s.target_type AND l.id = s.target
            JOIN resource :t ON :t.owner = coalesce(nullif(s.target_owner, 0), l.owner) AND :t.type = s.target_type
             AND :t.id = s.target
           WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (:r.owner # (hashtext(:r.id) & 2147483647))
             AND s.id = :r.id AND s.slot = ANY (:slots) AND s.target_type :among AND :inner LIMIT 1),
         false)

-- name: has
-- Is pointed to by a resource, as :t, that meets a condition.
coalesce((SELECT true FROM search_reference s
            JOIN resource :t ON :t.owner = s.owner AND :t.type = s.type AND :t.id = s.id
           WHERE s.target = :r.id AND s.target_type = :r.type AND s.slot = ANY (:slots) AND :inner LIMIT 1), false)

-- name: rows_of_token
SELECT s.owner, s.id FROM unnest(:tokens::text::bigint[], :wholes::text::bigint[]) AS k (token, whole)
 CROSS JOIN LATERAL (SELECT s.owner, s.id, s.named FROM search_token s WHERE s.token = k.token OFFSET 0) s
 WHERE k.whole = 0 OR s.named = (k.whole >> 32)::integer OR (s.named = 0 AND coalesce((
   SELECT k.whole = ANY (x.tokens) FROM resource x
    WHERE x.owner = s.owner AND x.type :among AND x.id = s.id AND k.whole = ANY (x.tokens) LIMIT 1), false))

-- name: of_system
-- Rows of a code stand by the code alone and tell its system (half of the hash), or 0 where the resource has it of several.
(s.named = (:whole::bigint >> 32)::integer OR (s.named = 0 AND coalesce((
   SELECT :whole::bigint = ANY (x.tokens) FROM resource x WHERE x.owner = s.owner AND x.type = :type AND x.id = s.id), false)))

-- name: rows_of_tokens
-- By the index on tokens alone: each says the type already, and a second index would be read for all of that type.
SELECT s.owner, s.id FROM resource s WHERE s.tokens && :tokens AND coalesce(s.type = :type, false)

-- name: rows_of_display
-- One text after the other: of many texts at once the index reads all before the first row comes.
SELECT r.owner, r.id FROM (SELECT DISTINCT s.token FROM search_display s WHERE s.slot = ANY (:slots) AND (:any) OFFSET 0) d
 CROSS JOIN LATERAL (SELECT r.owner, r.id FROM resource r WHERE r.tokens && ARRAY[d.token] AND coalesce(r.type = :type, false) OFFSET 0) r
 UNION ALL SELECT s.owner, s.id FROM search_string s WHERE s.slot = ANY (:slots) AND (:any) AND s.type = :type

-- name: rows_of_string
SELECT s.owner, s.id FROM search_string s WHERE s.slot = ANY (:slots) AND :any

-- name: rows_of_part
-- By the index on groups of three letters alone: of each row of the slots it would be far more.
SELECT f.owner, f.id FROM (SELECT * FROM search_string s WHERE s.value LIKE :like OFFSET 0) f WHERE f.slot = ANY (:slots)

-- name: rows_of_short_part
-- Of parts without three letters. The values are read from the index alone, and the rows of those that fit looked up.
SELECT f.owner, f.id FROM (SELECT DISTINCT s.slot, s.value FROM search_string s WHERE s.slot = ANY (:slots) AND :any OFFSET 0) v
 CROSS JOIN LATERAL (SELECT f.owner, f.id FROM search_string f WHERE f.slot = v.slot AND f.value = v.value OFFSET 0) f

-- name: rows_of_reference
SELECT s.owner, s.id FROM search_reference s WHERE s.slot = ANY (:slots) AND :any

-- name: rows_of_date
SELECT s.owner, s.id FROM search_date s WHERE s.slot = ANY (:slots) AND :any

-- name: rows_of_number
SELECT s.owner, s.id FROM search_number s WHERE s.slot = ANY (:slots) AND :any

-- name: rows_of_words
SELECT s.owner, s.id FROM search_text s WHERE s.type :among AND (:any)

-- name: rows_of_ids
SELECT o.owner, o.id FROM unnest(:owners::bigint[], :ids::text[]) AS o (owner, id)
 UNION ALL SELECT l.owner, l.id FROM locator l WHERE l.type :among AND l.id = ANY (:foreign)

-- name: rows_of_chain
SELECT s.owner, s.id FROM (:rows) k JOIN resource :t ON :t.owner = k.owner AND :t.type :among AND :t.id = k.id
  JOIN search_reference s ON s.target = :t.id AND s.target_type = :t.type AND s.slot = ANY (:slots) WHERE :inner

-- name: rows_of_has
SELECT coalesce(nullif(s.target_owner, 0), l.owner) AS owner, s.target AS id
  FROM (:rows) k JOIN resource :t ON :t.owner = k.owner AND :t.type = :type AND :t.id = k.id
  JOIN search_reference s ON (s.owner # (hashtext(s.id) & 2147483647)) = (:t.owner # (hashtext(:t.id) & 2147483647))
             AND s.id = :t.id AND s.slot = ANY (:slots) AND s.target_type :among
  LEFT JOIN locator l ON s.target_owner = 0 AND l.type = s.target_type AND l.id = s.target
 WHERE :inner AND coalesce(nullif(s.target_owner, 0), l.owner) IS NOT NULL

-- name: rows_of_list
SELECT coalesce(nullif(s.target_owner, 0), l.owner) AS owner, s.target AS id
  FROM search_reference s LEFT JOIN locator l ON s.target_owner = 0 AND l.type = s.target_type AND l.id = s.target
 WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (:list::bigint # (hashtext(:id) & 2147483647))
             AND s.id = :id AND s.slot = ANY (:slots) AND s.target_type :among

-- name: in_list
coalesce((SELECT true FROM (SELECT * FROM search_reference s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (:list::bigint # (hashtext(:id) & 2147483647)) OFFSET 0) s
           WHERE s.id = :id AND s.slot = ANY (:slots)
             AND s.target_type = :r.type AND s.target = :r.id LIMIT 1), false)

-- name: key_updated
r.last_updated

-- name: key_id
r.id

-- name: key_date_up
coalesce((SELECT min(s.low) FROM search_date s
           WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (r.owner # (hashtext(r.id) & 2147483647))
             AND s.id = r.id AND s.slot = ANY (:slots)), 'infinity'::timestamptz)

-- name: key_date_down
coalesce((SELECT max(s.high) FROM search_date s
           WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (r.owner # (hashtext(r.id) & 2147483647))
             AND s.id = r.id AND s.slot = ANY (:slots)), '-infinity'::timestamptz)

-- name: key_string_up
-- æ, ø, å are the last letters, in this order: the three signs after z stand for them (folding.in_order).
coalesce((SELECT min(translate(s.value, 'æøå', '{|}') COLLATE "C") FROM search_string s
           WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (r.owner # (hashtext(r.id) & 2147483647))
             AND s.id = r.id AND s.slot = ANY (:slots)), U&'\+10FFFF') COLLATE "C"

-- name: key_string_down
coalesce((SELECT max(translate(s.value, 'æøå', '{|}') COLLATE "C") FROM search_string s
           WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (r.owner # (hashtext(r.id) & 2147483647))
             AND s.id = r.id AND s.slot = ANY (:slots)), '') COLLATE "C"

-- name: key_reference_up
coalesce((SELECT min(s.target) FROM search_reference s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (r.owner # (hashtext(r.id) & 2147483647))
             AND s.id = r.id AND s.slot = ANY (:slots)
             AND (s.target_type = ANY (:types))), U&'\+10FFFF') COLLATE "C"

-- name: key_reference_down
coalesce((SELECT max(s.target) FROM search_reference s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (r.owner # (hashtext(r.id) & 2147483647))
             AND s.id = r.id AND s.slot = ANY (:slots)
             AND (s.target_type = ANY (:types))), '') COLLATE "C"

-- name: key_number_up
coalesce((SELECT min(s.base_low) FROM search_number s
           WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (r.owner # (hashtext(r.id) & 2147483647))
             AND s.id = r.id AND s.slot = ANY (:slots)), 'Infinity')

-- name: key_number_down
coalesce((SELECT max(s.base_high) FROM search_number s
           WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (r.owner # (hashtext(r.id) & 2147483647))
             AND s.id = r.id AND s.slot = ANY (:slots)), '-Infinity')

-- name: total
SELECT count(*) FROM resource r WHERE NOT r.deleted AND :where

-- name: total_of_rows
SELECT count(*) FROM (SELECT DISTINCT d.owner, d.id FROM (:rows) d WHERE :mine) d

-- name: total_of_found
-- Each resource is looked up by its key: joined otherwise, all of the type are read.
SELECT count(*) FROM (SELECT DISTINCT d.owner, d.id FROM (:rows) d WHERE :mine) d
 CROSS JOIN LATERAL (SELECT FROM resource r WHERE r.owner = d.owner AND r.id = d.id AND r.type = :type AND :where OFFSET 0) r

-- name: total_of_owners
SELECT count(*) FROM unnest(:owners::text::bigint[]) AS o (owner)
 CROSS JOIN LATERAL (SELECT FROM resource r WHERE r.owner = o.owner AND NOT r.deleted AND :where OFFSET 0) r

-- name: total_of_hot
SELECT count(*) FROM (
  SELECT DISTINCT s.owner, s.id FROM unnest(:owners::text::bigint[]) AS o (owner)
   CROSS JOIN unnest(:tokens::text::bigint[], :wholes::text::bigint[]) AS k (token, whole)
   CROSS JOIN LATERAL (SELECT s.owner, s.id, s.named FROM search_token s WHERE s.token = k.token AND s.owner = o.owner OFFSET 0) s
   WHERE k.whole = 0 OR s.named = (k.whole >> 32)::integer OR (s.named = 0 AND coalesce((
     SELECT k.whole = ANY (x.tokens) FROM resource x WHERE x.owner = s.owner AND x.type = :type AND x.id = s.id), false))) d

-- name: page
-- One page of hits. :found gives resources as r with the keys of the order; :more is what is asked of some only. The
-- version of each is looked up by its key, whatever the planner believes: where it may not sort it would rather read all
-- versions in order.
SELECT r.owner, r.type, r.id, r.version, r.last_updated, r.about, r.labels, v.body:more
  FROM (:found) r
 CROSS JOIN LATERAL (SELECT v.body FROM resource_version v
                      WHERE v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version OFFSET 0) v
 ORDER BY :order

-- name: either
-- Rows of the best condition are collected first; when there are few, they are all that need be looked at. Else the
-- resources are walked in order, until the page is full.
WITH :whose few AS MATERIALIZED (SELECT d.owner, d.id FROM (:rows) d LIMIT :most + 1),
     enough AS MATERIALIZED (SELECT count(*) <= :most AS yes FROM few)
(SELECT * FROM (:of) r WHERE (SELECT yes FROM enough))
 UNION ALL
(SELECT * FROM (:walk) r WHERE NOT (SELECT yes FROM enough))
 ORDER BY :order LIMIT :limit

-- name: at_once
-- What fits many is met again and again as the resources are walked: when the first :head of them fill the page, no rows
-- are collected; nor when :soon of them fit, for then a walk fills it sooner than that. Else as :either.
WITH :whose first AS MATERIALIZED (SELECT r.*, :keys FROM (:head) r WHERE :where LIMIT :limit),
     seen AS MATERIALIZED (SELECT count(*) = :limit AS yes, count(*) >= :soon AS soon FROM first),
     few AS MATERIALIZED (SELECT d.owner, d.id FROM (:rows) d WHERE NOT (SELECT soon FROM seen) LIMIT :most + 1),
     enough AS MATERIALIZED (SELECT count(*) <= :most AND NOT (SELECT soon FROM seen) AS yes FROM few)
SELECT * FROM first WHERE (SELECT yes FROM seen)
 UNION ALL
(SELECT * FROM (:of) r WHERE NOT (SELECT yes FROM seen) AND (SELECT yes FROM enough))
 UNION ALL
(SELECT * FROM (:walk) r WHERE NOT (SELECT yes FROM seen) AND NOT (SELECT yes FROM enough))
 ORDER BY :order LIMIT :limit

-- name: head_all
SELECT * FROM resource r WHERE r.type = :type AND NOT r.deleted AND :after ORDER BY r.owner, r.id LIMIT :most

-- name: head_token
SELECT r.* FROM (SELECT s.owner, s.id FROM search_token s WHERE s.token = :token AND :named AND :after
                  ORDER BY s.owner, s.id LIMIT :most) s
 CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = s.owner AND r.type = :type AND r.id = s.id OFFSET 0) r

-- name: head_owners
SELECT r.* FROM (SELECT unnest(:foremost::text::bigint[]) AS owner) o
 CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = o.owner AND r.type = :type AND NOT r.deleted AND :after
                      ORDER BY r.id LIMIT :most) r
 LIMIT :most

-- name: head_token_of_owners
SELECT r.* FROM (SELECT unnest(:foremost::text::bigint[]) AS owner) o
 CROSS JOIN LATERAL (SELECT r.* FROM search_token s
   CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = s.owner AND r.type = :type AND r.id = s.id OFFSET 0) r
   WHERE s.token = :token AND :named AND s.owner = o.owner AND :after ORDER BY s.id LIMIT :most) r
 LIMIT :most

-- name: of_few
SELECT r.*, :keys
  FROM (SELECT DISTINCT ON (few.owner, few.id) few.owner, few.id FROM few WHERE :mine AND :after ORDER BY few.owner, few.id) f
 CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = f.owner AND r.type = :type AND r.id = f.id AND :where OFFSET 0) r
 LIMIT :limit

-- name: sorted_few
SELECT h.* FROM (SELECT r.*, :keys FROM (SELECT DISTINCT few.owner, few.id FROM few WHERE :mine) f
  CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = f.owner AND r.type = :type AND r.id = f.id AND :where
                      OFFSET 0) r) h
 WHERE :after ORDER BY :order LIMIT :limit

-- name: sorted_rows
SELECT h.* FROM (SELECT r.*, :keys FROM (SELECT DISTINCT d.owner, d.id FROM (:rows) d) f
  CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = f.owner AND r.type = :type AND r.id = f.id AND :where
                      OFFSET 0) r) h
 WHERE :after ORDER BY :order LIMIT :limit

-- name: sorted
SELECT h.* FROM (SELECT r.*, :keys FROM resource r WHERE NOT r.deleted AND :where) h WHERE :after ORDER BY :order LIMIT :limit

-- name: walk_all
SELECT r.*, :keys FROM resource r WHERE NOT r.deleted AND :where AND :after ORDER BY r.owner, r.id LIMIT :limit

-- name: walk_token
SELECT r.*, :keys FROM search_token s
 CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = s.owner AND r.type = :type AND r.id = s.id AND :where OFFSET 0) r
 WHERE s.token = :token AND :named AND :after ORDER BY s.owner, s.id LIMIT :limit

-- name: walk_tokens
-- The first of each token, then the first of them all.
SELECT DISTINCT ON (w.owner, w.id) w.* FROM unnest(:tokens::text::bigint[], :wholes::text::bigint[]) AS t (token, whole)
 CROSS JOIN LATERAL (SELECT r.*, :keys FROM search_token s
   CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = s.owner AND r.type = :type AND r.id = s.id AND :where OFFSET 0) r
   WHERE s.token = t.token AND :after
     AND (t.whole = 0 OR s.named = (t.whole >> 32)::integer OR (s.named = 0 AND t.whole = ANY (r.tokens)))
   ORDER BY s.owner, s.id LIMIT :limit) w
 ORDER BY w.owner, w.id LIMIT :limit

-- name: walk_owners
SELECT r.*, :keys FROM (SELECT unnest(:owners::text::bigint[]) AS owner) o
 CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = o.owner AND NOT r.deleted AND :where AND :after ORDER BY r.id LIMIT :limit) r
 LIMIT :limit

-- name: walk_token_of_owners
SELECT r.*, :keys FROM (SELECT unnest(:owners::text::bigint[]) AS owner) o
 CROSS JOIN LATERAL (SELECT r.* FROM search_token s
   CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = s.owner AND r.type = :type AND r.id = s.id AND :where OFFSET 0) r
   WHERE s.token = :token AND :named AND s.owner = o.owner AND :after ORDER BY s.id LIMIT :limit) r
 LIMIT :limit

-- name: targets
-- Where resources point: for _include. :only these slots (null: all but :half), :to these types (null: all). What is not
-- here has no owner.
SELECT DISTINCT s.target_type AS type, s.target AS id, coalesce(nullif(s.target_owner, 0), l.owner) AS owner
  FROM unnest(:owners::bigint[], :kinds::smallint[], :ids::text[]) AS k (owner, type, id)
  JOIN search_reference s ON (s.owner # (hashtext(s.id) & 2147483647)) = (k.owner # (hashtext(k.id) & 2147483647))
             AND s.id = k.id AND s.type = k.type
  LEFT JOIN locator l ON s.target_owner = 0 AND l.type = s.target_type AND l.id = s.target
 WHERE (:only::integer[] IS NULL OR s.slot = ANY (:only::integer[])) AND s.slot <> ALL (:half::integer[])
   AND (:to::smallint[] IS NULL OR s.target_type = ANY (:to::smallint[]))
   AND s.target_type <> 0
 ORDER BY s.target_type, s.target LIMIT :most

-- name: pointing
-- Of which types something points at resources, by any slot but :half.
SELECT DISTINCT s.type
  FROM unnest(:kinds::smallint[], :ids::text[]) AS k (type, id)
  JOIN search_reference s ON s.target = k.id AND s.target_type = k.type
 WHERE s.slot <> ALL (:half::integer[])

-- name: sources
-- Who points at resources: for _revinclude. :only by these slots (null: by all but :half).
SELECT DISTINCT s.owner, s.type, s.id
  FROM unnest(:kinds::smallint[], :ids::text[]) AS k (type, id)
  JOIN search_reference s ON s.target = k.id AND s.target_type = k.type
  JOIN resource r ON r.owner = s.owner AND r.type = s.type AND r.id = s.id
 WHERE (:only::integer[] IS NULL OR s.slot = ANY (:only::integer[])) AND s.slot <> ALL (:half::integer[]) AND :where
 ORDER BY s.owner, s.type, s.id LIMIT :most
