-- What value sets and code systems are asked: fragments that statements.py puts together (`c` is the concept, :names
-- become numbered parameters), and whole statements ($1 ...).

-- name: of_system
c.system = :system

-- name: listed
c.key = ANY (:codes)

-- name: below
c.n IN (SELECT h.descendant FROM terminology_closure h
         WHERE h.system = :system
           AND h.ancestor IN (SELECT a.n FROM terminology_concept a WHERE a.system = :system AND a.key = ANY (:codes)))

-- name: child
c.n IN (SELECT h.descendant FROM terminology_closure h
         WHERE h.system = :system AND h.direct
           AND h.ancestor IN (SELECT a.n FROM terminology_concept a WHERE a.system = :system AND a.key = ANY (:codes)))

-- name: above
c.n IN (SELECT h.ancestor FROM terminology_closure h
         WHERE h.system = :system
           AND h.descendant IN (SELECT a.n FROM terminology_concept a WHERE a.system = :system AND a.key = ANY (:codes)))

-- name: parent_of
c.n IN (SELECT h.ancestor FROM terminology_closure h
         WHERE h.system = :system AND h.direct
           AND h.descendant IN (SELECT a.n FROM terminology_concept a WHERE a.system = :system AND a.key = ANY (:codes)))

-- name: leaf
NOT EXISTS (SELECT FROM terminology_closure h WHERE h.system = :system AND h.ancestor = c.n)

-- name: has_parent
EXISTS (SELECT FROM terminology_closure h WHERE h.system = :system AND h.descendant = c.n)

-- name: has_child
EXISTS (SELECT FROM terminology_closure h WHERE h.system = :system AND h.ancestor = c.n)

-- name: property_is
c.n IN (SELECT p.n FROM terminology_property p
         WHERE p.system = :system AND p.property = :property AND p.value = ANY (:values))

-- name: property_like
c.n IN (SELECT p.n FROM terminology_property p
         WHERE p.system = :system AND p.property = :property AND p.value ~ :pattern)

-- name: property_there
c.n IN (SELECT p.n FROM terminology_property p WHERE p.system = :system AND p.property = :property)

-- name: code_like
c.code ~ :pattern

-- name: active
NOT c.inactive

-- name: everything
TRUE

-- name: nothing
FALSE

-- name: codes
SELECT c.code FROM terminology_concept c WHERE :where ORDER BY c.n LIMIT :count

-- name: probe
-- Whether some concepts are inside a value set: inside is the whole of it, each also by itself.
SELECT c.system, c.n, c.code, c.key, c.display, c.abstract, c.inactive, c.body, COALESCE(:inside, FALSE) AS inside
  FROM terminology_concept c
 WHERE c.system = ANY (:systems) AND c.key = ANY (:keys)

-- name: descendants
SELECT d.code FROM terminology_concept a
  JOIN terminology_closure h ON h.system = a.system AND h.ancestor = a.n
  JOIN terminology_concept d ON d.system = h.system AND d.n = h.descendant
 WHERE a.system = $1 AND a.key = $2 LIMIT $3

-- name: ancestors
SELECT d.code FROM terminology_concept a
  JOIN terminology_closure h ON h.system = a.system AND h.descendant = a.n
  JOIN terminology_concept d ON d.system = h.system AND d.n = h.ancestor
 WHERE a.system = $1 AND a.key = $2

-- name: display
c.display

-- name: definition
COALESCE(c.body::json ->> 'definition', '')

-- name: text_is
:text = ANY (:values)

-- name: text_like
:text ~ :pattern

-- name: text_there
:text <> ''

-- name: said
to_tsvector('simple', c.words) @@ to_tsquery('simple', :query)

-- name: page
-- in   fragments where, order; offset, count
SELECT c.system, c.n, c.code, c.display, c.abstract, c.inactive, c.body
  FROM terminology_concept c
 WHERE :where
 ORDER BY :order
OFFSET :offset LIMIT :count

-- name: by_place
c.n

-- name: by_list
array_position(:codes, c.key)

-- name: count
SELECT count(*) AS count FROM terminology_concept c WHERE :where

-- name: parents
-- out  n, code, display of the direct parents and, as children, of the direct children
SELECT h.direct, a.code, a.display, a.n, TRUE AS parent
  FROM terminology_closure h JOIN terminology_concept a ON a.system = h.system AND a.n = h.ancestor
 WHERE h.system = $1 AND h.descendant = $2 AND h.direct
UNION ALL
SELECT h.direct, d.code, d.display, d.n, FALSE
  FROM terminology_closure h JOIN terminology_concept d ON d.system = h.system AND d.n = h.descendant
 WHERE h.system = $1 AND h.ancestor = $2 AND h.direct
 ORDER BY parent DESC, n

-- name: concepts
-- in   $1 ids of systems, $2 keys
SELECT c.system, c.n, c.code, c.key, c.display, c.abstract, c.inactive, c.body
  FROM terminology_concept c
 WHERE c.system = ANY ($1) AND c.key = ANY ($2)

-- name: relation
-- in   $1 system, $2 code a, $3 code b (keys)
-- out  places of both, whether a is above b, and b above a
SELECT a.n AS a, b.n AS b,
       EXISTS (SELECT FROM terminology_closure h WHERE h.system = $1 AND h.ancestor = a.n AND h.descendant = b.n) AS above,
       EXISTS (SELECT FROM terminology_closure h WHERE h.system = $1 AND h.ancestor = b.n AND h.descendant = a.n) AS below
  FROM (SELECT n FROM terminology_concept WHERE system = $1 AND key = $2) a
  FULL JOIN (SELECT n FROM terminology_concept WHERE system = $1 AND key = $3) b ON TRUE

-- name: parents_among
-- in   $1 system, $2 places
SELECT ancestor, descendant FROM terminology_closure
 WHERE system = $1 AND direct AND descendant = ANY ($2) AND ancestor = ANY ($2)
