-- name: current
-- The current row, body and owner's facts of each named resource; see migrations/0007_journal_read.sql.
-- in   $1 owners, $2 types, $3 ids (same length)
-- out  at most one row per key; deleted ones too
SELECT * FROM journal_current_v1($1, $2, $3);

-- name: current_of
-- The same for reads that ride together, on the connections whose plans are made once (base/database.py).
-- in   $1 owners, $2 types, $3 ids as array literals: the driver looks at each element of an array four times
SELECT r.owner, r.type, r.id, r.version, r.last_updated, r.unit, r.author, r.labels, r.about, r.deleted,
       v.body, o.facts_rev, o.facts, o.type AS owner_type
  FROM unnest($1::text::bigint[], $2::text::smallint[], $3::text::text[]) AS k (owner, type, id)
  JOIN resource r ON r.owner = k.owner AND r.type = k.type AND r.id = k.id
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
  JOIN owner o ON o.owner = r.owner;

-- name: one_version
-- One version of one resource, with what the decision needs.
SELECT r.owner, r.type, r.id, v.version, v.last_updated, r.sort_date, r.unit, r.author, r.labels, r.about,
       (v.method = 'DELETE') AS deleted, (v.salt IS NULL) AS erased, v.body, v.method,
       o.facts_rev, o.facts, o.type AS owner_type, r.version AS newest
  FROM resource r
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id
  JOIN owner o ON o.owner = r.owner
 WHERE r.owner = $1 AND r.type = $2 AND r.id = $3 AND v.version = $4;

-- name: history
-- The versions of one resource, newest first, below version $4.
SELECT r.owner, r.type, r.id, v.version, v.last_updated, r.sort_date, r.unit, r.author, r.labels, r.about,
       (v.method = 'DELETE') AS deleted, (v.salt IS NULL) AS erased, v.body, v.method,
       o.facts_rev, o.facts, o.type AS owner_type, r.version AS newest
  FROM resource r
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id
  JOIN owner o ON o.owner = r.owner
 WHERE r.owner = $1 AND r.type = $2 AND r.id = $3 AND v.version < $4
 ORDER BY v.version DESC LIMIT $5;

-- name: owners
-- The facts of each owner, as they stand now.
SELECT owner, type, facts_rev, facts, restricted FROM owner WHERE owner = ANY ($1::bigint[]);

-- name: standing
-- What a write set stands on: the facts of each owner, and the current version of each named resource (null: none)
-- with the facts it states and the numbers its owner is known by; see migrations/0031_relations.sql.
-- in   as array literals: $1 owners, $2 types, $3 ids; $4 the types whose body is wanted where they state no relation
SELECT * FROM journal_standing_v3($1::text::bigint[], $2::text::smallint[], $3::text::text[], $4::text::smallint[]);

-- name: standing_of
-- The same for sets that ride together, on the connections whose plans are made once (base/database.py): there it needs no
-- function that says how it is to be planned.
-- in   as `standing`
SELECT k.owner, k.type, k.id, o.type AS owner_type, o.facts_rev, o.facts, r.version, r.deleted, r.unit, r.author, r.labels,
       ARRAY(SELECT f.data FROM fact f WHERE f.owner = k.owner AND f.type = k.type AND f.id = k.id) AS stated,
       CASE WHEN r.type = o.type THEN
         ARRAY(SELECT p.system || '|' || p.value FROM person_identifier p WHERE p.owner = k.owner) END AS numbers,
       CASE WHEN r.type = o.type THEN
         EXISTS (SELECT FROM resource_version v WHERE v.owner = k.owner AND v.type = k.type AND v.id = k.id
                    AND v.method = 'DELETE') END AS returned,
       CASE WHEN r.type = ANY ((SELECT $4::text::smallint[])::smallint[]) AND NOT EXISTS (
         SELECT FROM fact f WHERE f.owner = k.owner AND f.type = k.type AND f.id = k.id AND f.kind = 'relation')
       THEN (SELECT v.body FROM resource_version v WHERE v.owner = k.owner AND v.type = k.type AND v.id = k.id
                AND v.version = r.version) END AS told
  FROM unnest($1::text::bigint[], $2::text::smallint[], $3::text::text[]) AS k (owner, type, id)
  JOIN owner o ON o.owner = k.owner
  LEFT JOIN resource r ON r.owner = k.owner AND r.type = k.type AND r.id = k.id;

-- name: located
-- Owners of ids that were minted elsewhere.
SELECT l.type, l.id, l.owner
  FROM unnest($1::smallint[], $2::text[]) AS k (type, id) JOIN locator l ON l.type = k.type AND l.id = k.id;

-- name: identified
-- Owners of national identifiers, and the id of the resource that is the owner.
SELECT p.system, p.value, p.owner, r.type, r.id
  FROM unnest($1::text[], $2::text[]) AS k (system, value)
  JOIN person_identifier p ON p.system = k.system AND p.value = k.value
  JOIN owner o ON o.owner = p.owner
  JOIN resource r ON r.owner = p.owner AND r.type = o.type AND NOT r.deleted;

-- name: by_unit_or_person
-- Owners that a unit or a person stands in a relation to, with their facts: the candidates of a search.
-- in   $1 unit, $2 person
SELECT o.owner, o.type, o.facts_rev, o.facts
  FROM owner o
 WHERE o.owner IN (SELECT f.owner FROM fact f WHERE f.unit = $1 AND f.unit <> 0 AND f.kind IN ('relation', 'opening')
                   UNION SELECT f.owner FROM fact f
                          WHERE f.person = $2 AND f.person <> 0 AND f.kind IN ('relation', 'opening', 'representation')
                   UNION SELECT $2);

-- name: circles
-- The same owners for several who ask, without the facts: of each member owner and revision of the facts, 8 bytes each.
-- Of nobody at nowhere the owners that even those who see all must be asked about.
-- in   array literals: $1 units, $2 persons
-- out  upto: the snapshot in which it is so; began: when the database server began
SELECT k.unit, k.person, pg_current_snapshot()::text AS upto, pg_postmaster_start_time() AS began,
       (SELECT string_agg(int8send(m.owner) || int8send(m.facts_rev), '')
          FROM (SELECT o.owner, o.facts_rev
                  FROM (SELECT f.owner FROM fact f
                         WHERE f.unit = k.unit AND f.unit <> 0 AND f.kind IN ('relation', 'opening')
                        UNION SELECT f.owner FROM fact f
                         WHERE f.person = k.person AND f.person <> 0 AND f.kind IN ('relation', 'opening', 'representation')
                        UNION SELECT k.person WHERE k.person <> 0) c
                  JOIN owner o ON o.owner = c.owner
                UNION ALL
                SELECT o.owner, o.facts_rev FROM owner o WHERE o.restricted AND k.unit = 0 AND k.person = 0) m) AS members
  FROM unnest($1::text::bigint[], $2::text::bigint[]) AS k (unit, person);

-- name: circles_changed
-- Of circles that are known as they were in a snapshot: whose facts were changed by what it does not hold, and the facts
-- of those who are in the circle now. Whoever is in no circle for a fact of their own, or is no more, has changed facts.
-- in   array literals: $1 units, $2 persons, $3 snapshots (since); $4 how many changes at most
-- out  one row at least of each circle, owner NULL where nobody's changed; upto and began as in circles
-- uses index owner_changed
SELECT k.unit, k.person, pg_current_snapshot()::text AS upto, pg_postmaster_start_time() AS began,
       c.owner, c.type, c.facts_rev, c.member, CASE WHEN c.member THEN c.facts END AS facts
  FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::pg_snapshot[]) AS k (unit, person, since)
  LEFT JOIN LATERAL (
    SELECT o.owner, o.type, o.facts_rev, o.facts,
           CASE WHEN k.unit = 0 AND k.person = 0 THEN o.restricted
                ELSE o.owner = k.person OR EXISTS (
                  SELECT FROM fact f WHERE f.owner = o.owner
                     AND (f.unit = k.unit AND f.unit <> 0 AND f.kind IN ('relation', 'opening')
                          OR f.person = k.person AND f.person <> 0 AND f.kind IN ('relation', 'opening', 'representation')))
                END AS member
      FROM owner o
     WHERE o.facts_tx >= pg_snapshot_xmin(k.since) AND o.facts_tx < pg_snapshot_xmax(pg_current_snapshot())
       AND NOT pg_visible_in_snapshot(o.facts_tx, k.since)
     LIMIT $4) c ON true;

-- name: owners_of
-- The facts of each owner, as they stand now. $1 owners, as an array literal
SELECT owner, type, facts_rev, facts FROM owner WHERE owner = ANY ((SELECT $1::text::bigint[])::bigint[]);

-- name: restricted
-- Owners that even those who see all must be asked about.
SELECT owner, type, facts_rev, facts FROM owner WHERE restricted;

-- name: labels_of
-- What the rules need to know of each resource of some owners (those with blocks on parts of the record), and of those
-- of one type of others.
-- in   $1 owners, $2 owners of whom one type is asked, $3 that type, $4 the types that matter; $1, $2, $4 array literals
SELECT owner, type, id, sort_date, unit, author, labels FROM resource
 WHERE owner = ANY ((SELECT $1::text::bigint[])::bigint[]) AND NOT deleted AND type = ANY ((SELECT $4::text::smallint[])::smallint[])
UNION ALL
SELECT owner, type, id, sort_date, unit, author, labels FROM resource
 WHERE owner = ANY ((SELECT $2::text::bigint[])::bigint[]) AND type = $3 AND NOT deleted
   AND type = ANY ((SELECT $4::text::smallint[])::smallint[]);

-- name: chart
-- The newest of several kinds from one person's record, in one trip. Of a code that few of the record have these are looked
-- at; what has none, or one that many have, is walked from the newest on. The version of each is looked up by its key: a plan
-- made while there are few would rather read them all.
-- in   $1 owner, $2 types, $3 how many of each, $4 token each must carry (0: any), $5 denied ids; $6 token that rows of a
--      code's own are found by (0: it has none)
-- out  place among the kinds, type, body ... newest first within each type
-- uses index resource_by_date, primary key of search_token
SELECT k.n AS place, r.owner, r.type, r.id, r.version, r.last_updated, r.sort_date, r.unit, r.author, r.labels, r.about, r.deleted, v.body
  FROM unnest($2::smallint[], $3::integer[], $4::bigint[], $6::bigint[]) WITH ORDINALITY AS k (type, most, token, rows, n)
 CROSS JOIN LATERAL (SELECT count(*) <= 100 AND k.rows <> 0 AS few
                       FROM (SELECT FROM search_token s WHERE s.token = k.rows AND s.owner = $1 LIMIT 101) s) c
 CROSS JOIN LATERAL (
   (SELECT r.* FROM (SELECT s.id FROM search_token s WHERE c.few AND s.token = k.rows AND s.owner = $1 OFFSET 0) s
     CROSS JOIN LATERAL (SELECT * FROM resource r WHERE r.owner = $1 AND r.type = k.type AND r.id = s.id OFFSET 0) r
     WHERE NOT r.deleted AND k.token = ANY (r.tokens) AND r.id <> ALL ($5::text[])
     ORDER BY r.sort_date DESC, r.id LIMIT k.most)
   UNION ALL
   (SELECT * FROM resource r
     WHERE NOT c.few AND r.owner = $1 AND r.type = k.type AND NOT r.deleted AND (k.token = 0 OR k.token = ANY (r.tokens))
       AND r.id <> ALL ($5::text[])
     ORDER BY r.sort_date DESC, r.id LIMIT k.most)) r
 CROSS JOIN LATERAL (SELECT v.body FROM resource_version v
                      WHERE v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version OFFSET 0) v
 ORDER BY k.n, r.sort_date DESC, r.id;

-- name: subscribed
-- The subscriptions of one subscriber, those that were deleted too.
-- in   $1 the fact that says so
-- uses index fact_subscriber
SELECT owner FROM fact WHERE kind = 'subscriber' AND data = $1;

-- name: anybody
-- Is anything in the journal?
SELECT EXISTS (SELECT FROM owner);
