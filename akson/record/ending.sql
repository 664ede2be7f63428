-- name: page
-- The next persons in the order of their keys.
-- in    $1 type code of Patient, $2 after this owner, $3 how many
SELECT owner FROM owner WHERE type = $1 AND owner > $2 ORDER BY owner LIMIT $3;

-- name: quiet
-- Those of some persons whose record holds nothing of an instant or later, with their facts; see migrations/0054_ending.sql.
-- in    $1 owners, $2 instant
-- out   last: when the last was written, or is dated; of who has no entry, when they were last told of
SELECT q.* FROM (
  SELECT o.owner, o.facts_rev, o.facts, o.type AS owner_type,
         (SELECT coalesce(max(greatest(r.sort_date, r.last_updated)) FILTER (WHERE r.type <> o.type), max(r.last_updated))
            FROM resource r WHERE r.owner = o.owner) AS last
    FROM owner o
   WHERE o.owner = ANY ($1::bigint[]) AND record_held_v1(o.owner, $2) IS NULL) q
 WHERE q.last < $2;

-- name: kept
-- How many entries each data controller answers for in some records, those of nobody (0) too, and who for the person's own.
-- in    $1 owners
SELECT k.owner, e.keeper, e.identity, count(*) AS entries
  FROM unnest($1::bigint[]) AS k (owner), record_entries_v1(k.owner) e
 GROUP BY k.owner, e.keeper, e.identity;

-- name: propose
-- Propose what is not proposed yet and was not decided to be kept for a while.
-- in    $1 owners, $2 keepers, $3 why, $4 last, $5 before, $6 entries, $7 now
-- out   the owners whose records are proposed now
INSERT INTO ending (owner, keeper, why, last, before, entries, at)
SELECT n.owner, n.keeper, n.why, n.last, n.before, n.entries, $7
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::integer[])
       AS n (owner, keeper, why, last, before, entries)
 WHERE NOT EXISTS (SELECT FROM ending k WHERE k.owner = n.owner AND k.keeper = n.keeper AND k.state = 'kept' AND k.kept_until > $7)
ON CONFLICT (owner, keeper) WHERE state IN ('proposed', 'decided', 'confirmed') DO NOTHING
RETURNING owner;

-- name: stop
-- Stop what stood open in some records whose time is not over after all. What has begun to go is judged where it goes on: once the
-- person's own entry has gone nobody knows how they stood.
-- in    $1 the owners that were looked at, $2 those whose time is over, $3 now
UPDATE ending SET state = 'stopped', ended = $3
 WHERE owner = ANY ($1::bigint[]) AND owner <> ALL ($2::bigint[])
   AND state IN ('proposed', 'decided', 'confirmed') AND erased = 0;

-- name: desk
-- What a data controller has to decide or to confirm, the longest quiet first, and nothing that is held meanwhile. Who is strictly
-- confidential comes last: hardly anybody is shown them, and they shall fill no page.
-- in    $1 keeper, $2 states, $3 how many
-- out   with the facts of its owner and what the person is called
SELECT e.*, p.id AS patient, o.facts_rev, o.facts, o.type AS owner_type, f.data::json -> 'value' ->> 'name' AS name
  FROM ending e
  JOIN owner o ON o.owner = e.owner
  JOIN resource p ON p.owner = o.owner AND p.type = o.type
  LEFT JOIN fact f ON f.owner = e.owner AND f.kind = 'person'
 WHERE e.keeper = $1 AND e.state = ANY ($2::text[]) AND record_held_v1(e.owner, e.before) IS NULL
 ORDER BY coalesce(f.data::json #>> '{value,protection}', '') = 'kode6', e.last, e.id LIMIT $3;

-- name: waiting
-- How many there are of each state. $1 keeper
SELECT state, count(*) AS many FROM ending WHERE keeper = $1 GROUP BY state;

-- name: open
-- How many wait for somebody, wherever.
SELECT count(*) FROM ending WHERE state IN ('proposed', 'decided');

-- name: past
-- What a data controller decided last, and what became of it. $1 keeper, $2 states, $3 how many
SELECT * FROM ending WHERE keeper = $1 AND state = ANY ($2::text[]) AND decided IS NOT NULL ORDER BY coalesce(ended, at) DESC, id LIMIT $3;

-- name: chosen
-- Some of what a data controller has to decide or to confirm, as `desk` has it, each locked until the work ends.
-- in    $1 keeper, $2 ids, $3 state
SELECT e.*, p.id AS patient, o.facts_rev, o.facts, o.type AS owner_type
  FROM ending e
  JOIN owner o ON o.owner = e.owner
  JOIN resource p ON p.owner = o.owner AND p.type = o.type
 WHERE e.keeper = $1 AND e.id = ANY ($2::uuid[]) AND e.state = $3 AND record_held_v1(e.owner, e.before) IS NULL
 ORDER BY e.id FOR NO KEY UPDATE OF e;

-- name: decide
-- in   $1 ids, $2 key of who decides, $3 the decision
UPDATE ending SET state = 'decided', decided_by = $2, decided = $3 WHERE id = ANY ($1::uuid[]);

-- name: confirm
-- in   $1 ids, $2 key of who confirms, $3 the confirmation
UPDATE ending SET state = 'confirmed', confirmed_by = $2, confirmed = $3 WHERE id = ANY ($1::uuid[]);

-- name: keep
-- Keep it, whether somebody had decided otherwise or not.
-- in   $1 ids, $2 who keeps it and why, $3 until when, $4 now
UPDATE ending SET state = 'kept', kept_until = $3, ended = $4,
       decided = coalesce(decided, $2), confirmed = CASE WHEN decided IS NOT NULL THEN $2 END
 WHERE id = ANY ($1::uuid[]);

-- name: confirmed
-- What is to be erased.
SELECT id FROM ending WHERE state = 'confirmed' ORDER BY id;

-- name: going
-- What is to be erased, with the facts of its owner as they are now.
-- in    $1 id
-- out   known: the person's own entry stands; more: something is left to erase
SELECT e.*, p.id AS patient, o.facts_rev, o.facts, o.type AS owner_type,
       NOT EXISTS (SELECT FROM erasure g WHERE g.owner = p.owner AND g.type = p.type AND g.id = p.id) AS known,
       EXISTS (SELECT FROM record_part_v1(e.owner, e.keeper)) AS more
  FROM ending e
  JOIN owner o ON o.owner = e.owner
  JOIN resource p ON p.owner = o.owner AND p.type = o.type
 WHERE e.id = $1 AND e.state = 'confirmed';

-- name: end
-- Only akson_eraser may; see migrations/0059_term.sql.
SELECT record_end_v1($1, $2, $3, $4, $5);

-- name: stop_one
-- $1 id, $2 now
UPDATE ending SET state = 'stopped', ended = $2 WHERE id = $1 AND state = 'confirmed';
