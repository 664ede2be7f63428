-- Fragments that composing.py puts together. `c` is the concept; :names become numbered parameters.

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
SELECT c.system, c.n, c.code, c.key, c.display, c.abstract, c.inactive, c.body, (:inside) AS inside
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
