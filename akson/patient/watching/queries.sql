-- name: turn
-- Take the turn of who gathers and judges, until the transaction ends; no row when another worker has it.
SELECT stream FROM watch_stream WHERE stream = 0 FOR UPDATE SKIP LOCKED;

-- name: waiting
-- Streams of the log that hold what has not been gathered, and how far each has been.
-- in    $1 opened since, $2 how many
SELECT s.stream, s.opened, coalesce(w.seq, 0) AS seq
  FROM access_stream s
  LEFT JOIN watch_stream w ON w.stream = s.stream
 WHERE s.opened >= $1 AND EXISTS (
       SELECT FROM access_log l WHERE l.stream = s.stream AND l.seq > coalesce(w.seq, 0) AND l.at >= s.opened - interval '1 day')
 ORDER BY s.stream LIMIT $2;

-- name: elsewhere
-- Whose records staff of others saw, in the next rows of a stream.
-- in    $1 stream, $2 number of the last row gathered, $3 when the stream was opened, $4 how many rows, $5 their role,
--       $6 what is seen by their rule
SELECT DISTINCT unnest(l.patients) AS patient
  FROM (SELECT * FROM access_log l
         WHERE l.stream = $1 AND l.seq > $2 AND l.at >= $3::timestamptz - interval '1 day' ORDER BY l.seq LIMIT $4) l
 WHERE l.actor_kind = 'staff' AND (l.actor_key = 0 OR l.actor_role = $5 OR l.seen @> $6::jsonb);

-- name: gather
-- Add the next rows of a stream to the looks and the searches for persons of each day, and note how far that is.
-- in    $1 stream, $2 number of the last row gathered, $3 when the stream was opened, $4 how many rows,
--       $5 rules by which one opens a record by own decision, $6 when what is new is to be judged: so long after it,
--       $7 role and $8 rule of those whom another organisation vouches for, $9 whose records these saw, $10 who keeps each
-- out   how many rows it was
-- Who has no key here is told apart by their id. What staff of others look at is for who keeps most of the record: their own
-- organisation has no officer here.
-- A look is an answer about one record, or a page of it: not its place in a list of many, nor a hit in a search for names. Of an app's
-- answer about several, whatever is not only shown in a list is a look: what was named by id, and what was written.
-- A search for persons may tell of anybody, by name, number or birth date: it is not one in records that are open already, nor for
-- somebody known by id. Whoever is shown in an app's answer about several is kept as listed, whatever was asked for. That a day is to be
-- judged, since it has a search or somebody new in a list, stands as a look at nobody. Staff of others are let in to one patient at a time.
WITH rows AS MATERIALIZED (
    SELECT * FROM access_log l
     WHERE l.stream = $1 AND l.seq > $2 AND l.at >= $3::timestamptz - interval '1 day' ORDER BY l.seq LIMIT $4
), shown AS (
    SELECT l.seq, l.unit, s.patient,
           CASE WHEN l.actor_key = 0 THEN hashtextextended(l.actor_id, 0) ELSE l.actor_key END AS actor,
           l.actor_key = 0 OR l.actor_role = $7 OR bool_or(s.rule = $8) AS elsewhere,
           bool_or(s.outcome = 'permit') AS opened,
           bool_or(s.outcome = 'refuse') AND NOT bool_or(s.outcome = 'permit') AS refused,
           bool_or(s.outcome = 'permit' AND s.rule = ANY ($5::text[])) AS opening
      FROM rows l, jsonb_to_recordset(l.seen) AS s (patient bigint, what text, outcome text, rule text)
     WHERE l.actor_kind = 'staff' AND s.patient <> 0 AND s.what NOT LIKE 'search identity%' AND s.what <> 'page aapninger'
       AND s.rule IS DISTINCT FROM 'may_find_people'
       AND (cardinality(l.patients) = 1 OR s.what LIKE 'page %' OR s.what LIKE '% chart' OR s.outcome = 'refuse'
            OR (l.screen LIKE 'FHIR %' AND s.what NOT LIKE '%/_history/%'))
     GROUP BY l.seq, l.actor_key, l.actor_id, l.actor_role, l.unit, s.patient
), searched AS (
    INSERT INTO watch_search (actor, day, unit, stream, seq, at, patients)
    SELECT l.actor_key, (l.at AT TIME ZONE 'Europe/Oslo')::date, l.unit, l.stream, l.seq, l.at, l.patients
      FROM rows l
     WHERE l.actor_kind = 'staff' AND l.actor_key <> 0 AND l.actor_role <> $7 AND EXISTS (
           SELECT FROM jsonb_to_recordset(l.seen) AS s (what text, outcome text)
            WHERE s.outcome = 'permit' AND s.what ~ '^search identity Patient( |$)' AND s.what !~ '[ ,]_id(,|$)')
    RETURNING actor, unit, seq
), listed AS MATERIALIZED (
    SELECT DISTINCT l.actor_key AS actor, (l.at AT TIME ZONE 'Europe/Oslo')::date AS day, l.unit, s.patient, l.seq
      FROM rows l, jsonb_to_recordset(l.seen) AS s (patient bigint, outcome text)
     WHERE l.actor_kind = 'staff' AND l.actor_key <> 0 AND l.actor_role <> $7 AND l.screen LIKE 'FHIR %'
       AND cardinality(l.patients) > 1 AND s.outcome = 'permit' AND s.patient <> 0
), added AS (
    INSERT INTO watch_listed (actor, day, unit, patient) SELECT DISTINCT actor, day, unit, patient FROM listed
        ON CONFLICT DO NOTHING RETURNING actor, day, unit, patient
), judging AS (
    SELECT seq, unit, patient, actor, elsewhere, opened, refused, opening FROM shown
     UNION ALL SELECT seq, unit, 0, actor, false, false, false, false FROM searched
     UNION ALL SELECT DISTINCT seq, unit, 0, actor, false, false, false, false FROM listed JOIN added USING (actor, day, unit, patient)
), made AS (
    INSERT INTO watch_look AS w (actor, day, unit, patient, controller, actor_id, actor_name, actor_role, unit_name,
                                 opened, refused, openings, first, last, due)
    SELECT s.actor, (l.at AT TIME ZONE 'Europe/Oslo')::date, s.unit, s.patient,
           coalesce(max(k.keeper), max(l.controller)), max(l.actor_id),
           max(l.actor_name), max(l.actor_role), max(l.unit_name), count(*) FILTER (WHERE s.opened),
           count(*) FILTER (WHERE s.refused), count(*) FILTER (WHERE s.opening), min(l.at), max(l.at),
           max(l.at) + $6::interval
      FROM judging s JOIN rows l ON l.seq = s.seq
      LEFT JOIN unnest($9::bigint[], $10::bigint[]) AS k (patient, keeper) ON k.patient = s.patient AND s.elsewhere
     GROUP BY 1, 2, 3, 4
        ON CONFLICT (actor, day, unit, patient) DO UPDATE SET
           opened = w.opened + excluded.opened, refused = w.refused + excluded.refused,
           openings = w.openings + excluded.openings, first = least(w.first, excluded.first),
           last = greatest(w.last, excluded.last), due = excluded.due
), moved AS (
    INSERT INTO watch_stream (stream, seq) SELECT $1, max(seq) FROM rows HAVING count(*) > 0
        ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq
)
SELECT count(*) FROM rows;

-- name: due
-- Looks that are to be judged now.
-- in    $1 now, $2 how many
-- out   others: who opened the same record that day; usual: how many do on other days of the four weeks before
SELECT w.*, c.others,
       (SELECT count(DISTINCT (o.actor, o.day)) / 28.0 FROM watch_look o
         WHERE o.patient = w.patient AND o.day >= w.day - 28 AND o.day < w.day AND o.opened > 0) AS usual
  FROM (SELECT * FROM watch_look WHERE due <= $1 ORDER BY due LIMIT $2 FOR UPDATE) w
  CROSS JOIN LATERAL (SELECT count(DISTINCT o.actor) AS others FROM watch_look o
                       WHERE o.patient = w.patient AND o.day = w.day AND o.opened > 0 AND o.actor <> w.actor) c
 ORDER BY w.actor, w.day, w.unit, w.patient;

-- name: marked
-- Which looks were at somebody who was followed before they ended. Saying so leaves a row in the log too: it is no look at one followed.
-- in    arrays: $1 which look it is, $2 controllers, $3 patients, 0 beside $4 numbers, $5 days, $6 until when looks went on
-- uses  primary key of watch_known
SELECT DISTINCT a.n
  FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::text[], $5::date[], $6::timestamptz[])
       AS a (n, controller, patient, number, day, last)
 CROSS JOIN LATERAL (SELECT k.known, k.until FROM watch_known k
                      WHERE k.controller = a.controller AND k.patient = a.patient AND k.number = a.number
                        AND CASE WHEN k.known THEN k.at < a.last ELSE k.at <= a.last END
                      ORDER BY k.at DESC LIMIT 1) k
 WHERE k.known AND k.until >= a.day;

-- name: judged
-- Say when looks are to be judged again; null: never.
-- in    arrays: $1 actors, $2 days, $3 units, $4 patients, $5 due
UPDATE watch_look w SET due = j.due
  FROM unnest($1::bigint[], $2::date[], $3::bigint[], $4::bigint[], $5::timestamptz[]) AS j (actor, day, unit, patient, due)
 WHERE w.actor = j.actor AND w.day = j.day AND w.unit = j.unit AND w.patient = j.patient;

-- name: count
-- Keep how many records each opened in a day, and how often they searched for persons and opened none of those found, for what is usual.
-- Of a day whose searches may have been forgotten since, no fewer than were counted then.
-- Each $5 different persons in lists who were not opened that day count as one search: lists are asked for again and again.
-- in    arrays: $1 actors, $2 days, $3 units; $4 searches before that day may be forgotten; $5 hits on a page when no number is asked for
INSERT INTO watch_day AS d (unit, day, actor, records, searches)
SELECT a.unit, a.day, a.actor, count(*) FILTER (WHERE w.opened > 0),
       (SELECT count(*) FROM watch_search s
         WHERE s.actor = a.actor AND s.day = a.day AND s.unit = a.unit AND NOT EXISTS (
               SELECT FROM watch_look o WHERE o.actor = s.actor AND o.day = s.day AND o.unit = s.unit
                  AND o.patient = ANY (s.patients) AND o.opened > 0 AND o.last >= s.at))
       + (SELECT count(*) / $5::integer FROM watch_listed s
           WHERE s.actor = a.actor AND s.day = a.day AND s.unit = a.unit AND NOT EXISTS (
                 SELECT FROM watch_look o WHERE o.actor = s.actor AND o.day = s.day AND o.unit = s.unit
                    AND o.patient = s.patient AND o.opened > 0))
  FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::date[], $3::bigint[]) AS a (actor, day, unit)) a
  JOIN watch_look w ON w.actor = a.actor AND w.day = a.day AND w.unit = a.unit
 GROUP BY a.unit, a.day, a.actor
    ON CONFLICT (unit, day, actor) DO UPDATE SET
       records = excluded.records, searches = greatest(excluded.searches, CASE WHEN d.day < $4 THEN d.searches ELSE 0 END);

-- name: days
-- How many records each opened in a day, and how many searches led nowhere, beside what was usual before.
-- in    arrays: $1 actors, $2 days, $3 units
-- out   records, own and others: numbers of the 28 days before, one's own and those of colleagues; likewise searches, of days at work
SELECT c.actor, c.day, c.unit, c.records, c.searches, w.controller, w.actor_id, w.actor_name, w.actor_role, w.unit_name, w.first, w.last,
       w.opened, w.refused,
       ARRAY(SELECT o.records FROM watch_day o WHERE o.actor = c.actor AND o.unit = c.unit AND o.records > 0
                AND o.day >= c.day - 28 AND o.day < c.day) AS own,
       ARRAY(SELECT o.records FROM watch_day o WHERE o.unit = c.unit AND o.actor <> c.actor AND o.records > 0
                AND o.day >= c.day - 28 AND o.day < c.day LIMIT 2000) AS others,
       ARRAY(SELECT o.searches FROM watch_day o WHERE o.actor = c.actor AND o.unit = c.unit AND o.records + o.searches > 0
                AND o.day >= c.day - 28 AND o.day < c.day) AS own_searches,
       ARRAY(SELECT o.searches FROM watch_day o WHERE o.unit = c.unit AND o.actor <> c.actor AND o.records + o.searches > 0
                AND o.day >= c.day - 28 AND o.day < c.day LIMIT 2000) AS others_searches
  FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::date[], $3::bigint[]) AS a (actor, day, unit)) a
  JOIN watch_day c ON c.actor = a.actor AND c.day = a.day AND c.unit = a.unit
  CROSS JOIN LATERAL (
       SELECT coalesce(mode() WITHIN GROUP (ORDER BY nullif(controller, 0)), 0) AS controller, max(actor_id) AS actor_id, max(actor_name) AS actor_name,
              max(actor_role) AS actor_role, max(unit_name) AS unit_name, min(first) AS first, max(last) AS last,
              sum(opened)::integer AS opened, sum(refused)::integer AS refused
         FROM watch_look w WHERE w.actor = c.actor AND w.day = c.day AND w.unit = c.unit) w;

-- name: found
-- Keep what stands out: one row for each look, changed until somebody has said what it was.
-- in    arrays of the columns
INSERT INTO finding AS f (actor, day, unit, patient, controller, actor_id, actor_name, actor_role, unit_name, first, last,
                          opened, refused, signs, strength, records, usual, searches, searches_usual, at)
SELECT g.actor, g.day, g.unit, g.patient, g.controller, g.actor_id, g.actor_name, g.actor_role, g.unit_name, g.first,
       g.last, g.opened, g.refused, string_to_array(g.signs, ' '), g.strength, g.records, g.usual, g.searches,
       g.searches_usual, $20
  FROM unnest($1::bigint[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::timestamptz[], $11::timestamptz[], $12::integer[], $13::integer[], $14::text[],
              $15::smallint[], $16::integer[], $17::integer[], $18::integer[], $19::integer[])
       AS g (actor, day, unit, patient, controller, actor_id, actor_name, actor_role, unit_name, first, last, opened,
             refused, signs, strength, records, usual, searches, searches_usual)
 WHERE g.strength >= $21
    OR EXISTS (SELECT FROM finding o WHERE (o.actor, o.day, o.unit, o.patient) = (g.actor, g.day, g.unit, g.patient))
    ON CONFLICT (actor, day, unit, patient) DO UPDATE SET
       first = least(f.first, excluded.first), last = greatest(f.last, excluded.last), opened = excluded.opened,
       refused = excluded.refused, records = excluded.records, usual = excluded.usual, searches = excluded.searches,
       searches_usual = excluded.searches_usual,
       signs = CASE WHEN 'reported' = ANY (f.signs) THEN ARRAY['reported'] ELSE '{}' END || excluded.signs,
       strength = CASE WHEN 'reported' = ANY (f.signs) THEN greatest(f.strength, excluded.strength) ELSE excluded.strength END
 WHERE NOT EXISTS (SELECT FROM finding_outcome o WHERE o.finding = f.id);

-- name: forget
-- Take away what is only needed for what is usual, once it is older than that, searches and lists of days that are not judged any more,
-- and marks whose last day is older than what is usual. What waits to be judged is kept, however late the worker is.
-- in    $1 before that day, $2 searches and lists before that
-- uses  primary key of watch_look
WITH old AS (DELETE FROM watch_look WHERE day < $1 AND due IS NULL), searched AS (
    DELETE FROM watch_search s
     WHERE s.day < $2 AND NOT EXISTS (SELECT FROM watch_look w WHERE w.actor = s.actor AND w.day = s.day AND w.unit = s.unit
                                         AND w.due IS NOT NULL)
), listed AS (
    DELETE FROM watch_listed s
     WHERE s.day < $2 AND NOT EXISTS (SELECT FROM watch_look w WHERE w.actor = s.actor AND w.day = s.day AND w.unit = s.unit
                                         AND w.due IS NOT NULL)
), ended AS (
    DELETE FROM watch_known k
     WHERE NOT EXISTS (SELECT FROM watch_known o
                        WHERE (o.controller, o.patient, o.number) = (k.controller, k.patient, k.number) AND o.until >= $1)
)
DELETE FROM watch_day WHERE day < $1;

-- name: open_findings
-- What stands out at the units an organisation answers for, and nobody has said what it was; the strongest first.
-- in    $1 the organisation, $2 not about, $3 points; $4 to $6 strength, day and id after which it begins, null: with the
--       first; $7 how many
SELECT f.*, '' AS outcome, '' AS words, '' AS by_name, NULL::timestamptz AS closed FROM finding f
 WHERE f.controller = $1 AND f.actor <> $2 AND f.strength >= $3
   AND NOT EXISTS (SELECT FROM finding_outcome o WHERE o.finding = f.id)
   AND ($4::integer IS NULL OR (f.strength, f.day, f.id) < ($4::integer, $5::date, $6::uuid))
 ORDER BY f.strength DESC, f.day DESC, f.id DESC LIMIT $7;

-- name: closed_findings
-- What has been said of findings, the last first.
-- in    $1 the organisation, $2 not about; $3 and $4 time and id after which it begins, null: with the last; $5 how many
SELECT f.*, o.outcome, o.words, o.by_name, o.at AS closed
  FROM finding f JOIN finding_outcome o ON o.finding = f.id
 WHERE f.controller = $1 AND f.actor <> $2
   AND ($3::timestamptz IS NULL OR (o.at, f.id) < ($3::timestamptz, $4::uuid))
 ORDER BY o.at DESC, f.id DESC LIMIT $5;

-- name: finding
-- in    $1 id, $2 the organisation, $3 not about
SELECT f.*, coalesce(o.outcome, '') AS outcome, coalesce(o.words, '') AS words, coalesce(o.by_name, '') AS by_name,
       o.at AS closed
  FROM finding f LEFT JOIN finding_outcome o ON o.finding = f.id
 WHERE f.id = $1 AND f.controller = $2 AND f.actor <> $3;

-- name: report
-- Keep that the manager of a unit reports what somebody opened.
-- in    $1 actor, $2 day, $3 unit, $4 patient, $5 controller, $6 id, $7 name and $8 role of who opened, $9 name of the unit,
--       $10 first and $11 last, $12 strength, $13 now, $14 what the manager writes
INSERT INTO finding AS f (actor, day, unit, patient, controller, actor_id, actor_name, actor_role, unit_name, first, last,
                          opened, refused, signs, strength, at, reported)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, 0, ARRAY['reported'], $12, $13, $14)
    ON CONFLICT (actor, day, unit, patient) DO UPDATE SET
       signs = ARRAY['reported'] || array_remove(f.signs, 'reported'), reported = excluded.reported, strength = greatest(f.strength, excluded.strength)
 WHERE NOT EXISTS (SELECT FROM finding_outcome o WHERE o.finding = f.id);

-- name: conclude
-- Say what a finding was, once.
-- in    $1 id, $2 outcome, $3 words, $4 id and $5 name of who says so, $6 now
INSERT INTO finding_outcome (finding, outcome, words, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT DO NOTHING RETURNING finding;

-- name: know
-- Have the looks at a record followed more closely, or no more; the last word counts.
-- in    $1 the organisation, $2 patient, 0 when followed by $3 number, $4 now, $5 known, $6 id and $7 name of who says so, $8 why,
--       $9 through which day
INSERT INTO watch_known (controller, patient, number, at, known, by_id, by_name, reason, until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING;

-- name: know_no_more
-- Have the looks at a person's record followed no more, however they were; each mark is kept as long as it was to last.
-- in    $1 the organisation; arrays: $2 patients, 0 beside $3 numbers; $4 now, $5 id and $6 name of who says so
INSERT INTO watch_known (controller, patient, number, at, known, by_id, by_name, until)
SELECT k.controller, k.patient, k.number, $4, false, $5, $6, max(k.until)
  FROM unnest($2::bigint[], $3::text[]) AS n (patient, number)
  JOIN watch_known k ON k.controller = $1 AND k.patient = n.patient AND k.number = n.number
 GROUP BY k.controller, k.patient, k.number
    ON CONFLICT DO NOTHING;

-- name: followed
-- The marks of an organisation that stand now, the soonest ended first; $3: one of them, null: all.
-- in    $1 the organisation, $2 today, $3 id of the mark
SELECT k.* FROM (SELECT DISTINCT ON (patient, number) * FROM watch_known WHERE controller = $1
                  ORDER BY patient, number, at DESC) k
 WHERE k.known AND k.until >= $2 AND ($3::uuid IS NULL OR k.id = $3)
 ORDER BY k.until, k.at, k.id;
