-- The rows of an RF2 release, sorted on disk (SQLite) so that memory does not grow with their number.

-- name: tables
CREATE TABLE concept (id INTEGER PRIMARY KEY, time TEXT, active INTEGER, module TEXT, defined TEXT);
CREATE TABLE description (id INTEGER PRIMARY KEY, time TEXT, active INTEGER, concept INTEGER, language TEXT, type TEXT, term TEXT);
CREATE TABLE relationship (id INTEGER PRIMARY KEY, time TEXT, active INTEGER, source INTEGER, target INTEGER, type TEXT);
CREATE TABLE preferred (id TEXT PRIMARY KEY, time TEXT, active INTEGER, refset TEXT, description INTEGER, acceptability TEXT);
CREATE TABLE member (id TEXT PRIMARY KEY, time TEXT, active INTEGER, refset TEXT, concept INTEGER);

-- name: put_concept
INSERT INTO concept VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET time = excluded.time,
  active = excluded.active, module = excluded.module, defined = excluded.defined WHERE excluded.time >= concept.time

-- name: put_description
INSERT INTO description VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET time = excluded.time,
  active = excluded.active, term = excluded.term WHERE excluded.time >= description.time

-- name: put_relationship
INSERT INTO relationship VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET time = excluded.time,
  active = excluded.active WHERE excluded.time >= relationship.time

-- name: put_preferred
INSERT INTO preferred VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET time = excluded.time,
  active = excluded.active, acceptability = excluded.acceptability WHERE excluded.time >= preferred.time

-- name: put_member
INSERT INTO member VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET time = excluded.time,
  active = excluded.active WHERE excluded.time >= member.time

-- name: sorted
CREATE INDEX description_concept ON description (concept);
CREATE INDEX relationship_source ON relationship (source);
CREATE INDEX preferred_description ON preferred (description);
CREATE INDEX member_concept ON member (concept);

-- name: concepts
SELECT id, active, module, defined FROM concept ORDER BY id

-- name: descriptions
SELECT d.language, d.type, d.term, EXISTS (
         SELECT 1 FROM preferred p WHERE p.description = d.id AND p.active = 1 AND p.acceptability = '900000000000548007')
  FROM description d WHERE d.concept = ? AND d.active = 1 ORDER BY d.id

-- name: relationships
SELECT r.type, r.target FROM relationship r WHERE r.source = ? AND r.active = 1 ORDER BY r.type, r.target

-- name: members
SELECT DISTINCT m.refset FROM member m WHERE m.concept = ? AND m.active = 1 ORDER BY m.refset
