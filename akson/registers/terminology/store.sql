-- What load.py and the journal write. A code system is replaced whole, in the caller's transaction.

-- name: system_known
-- in   $1 url, $2 version, $3 scope
-- out  id, digest of what is there
SELECT id, digest FROM terminology_system WHERE url = $1 AND version = $2 AND scope = $3 FOR UPDATE

-- name: put_system
-- in   $1 scope, $2 url, $3 version, $4 source, $5 content, $6 supplements, $7 case_sensitive, $8 how many concepts as far as
--      is known, $9 digest, $10 head, packed
-- out  id; stood: it was here, perhaps with concepts; no row where something loaded stands that the resource of a client must not replace
INSERT INTO terminology_system (id, scope, url, version, source, content, supplements, case_sensitive, concepts, digest, head)
VALUES (nextval('terminology_number'), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (url, version, scope) DO UPDATE SET source = excluded.source, content = excluded.content,
   supplements = excluded.supplements, case_sensitive = excluded.case_sensitive, concepts = excluded.concepts,
   digest = excluded.digest, head = excluded.head
 WHERE terminology_system.source <> 'load' OR excluded.source = 'load'
RETURNING id, xmax <> 0 AS stood

-- name: count_concepts
UPDATE terminology_system SET concepts = $2 WHERE id = $1 AND concepts <> $2

-- name: drop_concepts
-- in   $1 ids of systems
WITH c AS (DELETE FROM terminology_concept WHERE system = ANY ($1)),
     p AS (DELETE FROM terminology_property WHERE system = ANY ($1))
DELETE FROM terminology_closure WHERE system = ANY ($1)

-- name: systems_from
SELECT id FROM terminology_system WHERE source = $1 FOR UPDATE

-- name: drop_systems
DELETE FROM terminology_system WHERE id = ANY ($1)

-- name: put_value_set
-- in   $1 scope, $2 url, $3 version, $4 source, $5 digest, $6 body, packed
INSERT INTO terminology_value_set (scope, url, version, source, digest, body) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (url, version, scope) DO UPDATE SET source = excluded.source, digest = excluded.digest,
   body = excluded.body
 WHERE terminology_value_set.source <> 'load' OR excluded.source = 'load'

-- name: drop_value_sets
DELETE FROM terminology_value_set WHERE source = $1

-- name: put_map
INSERT INTO terminology_map (id, scope, url, version, source, source_set, target_set, head)
VALUES (nextval('terminology_number'), $1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (url, version, scope) DO UPDATE SET source = excluded.source, source_set = excluded.source_set,
   target_set = excluded.target_set, head = excluded.head
 WHERE terminology_map.source <> 'load' OR excluded.source = 'load'
RETURNING id

-- name: drop_mappings
DELETE FROM terminology_mapping WHERE map = ANY ($1)

-- name: maps_from
SELECT id FROM terminology_map WHERE source = $1 FOR UPDATE

-- name: drop_maps
DELETE FROM terminology_map WHERE id = ANY ($1)
