-- name: chosen
-- in    $1 owner
SELECT level, way, address FROM alert_choice WHERE owner = $1;

-- name: choose
-- in    $1 owner, $2 level, $3 way, $4 address, $5 language, $6 now
INSERT INTO alert_choice AS c (owner, level, way, address, language, since) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (owner) DO UPDATE SET level = excluded.level, way = excluded.way, address = excluded.address,
       language = excluded.language, since = CASE WHEN c.level = 'none' THEN excluded.since ELSE c.since END;

-- name: last
-- The newest letter that is no longer waiting.
-- in    $1 owner
SELECT sent, failed FROM alert_letter WHERE owner = $1 AND (sent IS NOT NULL OR failed <> '') ORDER BY made DESC LIMIT 1;

-- name: inbox
-- When a person's record was looked at, as they want to be told; emergencies are told of by the opening itself.
-- in    $1 owner, $2 how many
SELECT at FROM alert WHERE owner = $1 AND kind <> 'emergency' AND held_until IS NULL ORDER BY at DESC LIMIT $2;

-- name: turn
-- Take the turn of who reads the log, until the transaction ends; no row when another worker has it.
SELECT stream FROM alert_stream WHERE stream = 0 FOR UPDATE SKIP LOCKED;

-- name: waiting
-- Streams of the log that hold what has not been read, and how far each has been.
-- in    $1 opened since, $2 how many
SELECT s.stream, s.opened, coalesce(w.seq, 0) AS seq
  FROM access_stream s
  LEFT JOIN alert_stream w ON w.stream = s.stream
 WHERE s.opened >= $1 AND EXISTS (
       SELECT FROM access_log l WHERE l.stream = s.stream AND l.seq > coalesce(w.seq, 0) AND l.at >= s.opened - interval '1 day')
 ORDER BY s.stream LIMIT $2;

-- name: page
-- The next rows of a stream, and who of those they are about wants to be told of looks.
-- in    $1 stream, $2 number of the last row read, $3 when the stream was opened, $4 how many rows
-- out   upto: number of the last row; rows: how many they are; people: owner keys
WITH rows AS MATERIALIZED (
    SELECT l.seq, l.patients FROM access_log l
     WHERE l.stream = $1 AND l.seq > $2 AND l.at >= $3::timestamptz - interval '1 day' ORDER BY l.seq LIMIT $4
)
SELECT max(seq) AS upto, count(*) AS rows,
       ARRAY(SELECT c.owner FROM alert_choice c
              WHERE c.level <> 'none' AND c.owner IN (SELECT unnest(l.patients) FROM rows l)) AS people
  FROM rows;

-- name: gather
-- Find the looks in these rows of a stream that somebody wants to be told of.
-- in    $1 stream, $2 number of the last row read before, $3 when the stream was opened, $4 number of the last to read,
--       $5 rules by which one opens a record in an emergency, $6 by own decision
--       what the citizen does not see yet, arrays: $7 whose, $8 what, as akson/audit/view.py takes it, $9 until when,
--       $10 of looks from this instant $11 to this; $12 now, $13 pages whose looks are told of $14 as much later
-- out   held: until when the citizen sees nothing of what was looked at; else null
-- A look is an answer about one record, or a page of it: not its place in a list of many, nor a hit in a search for names. Of an app's
-- answer about several, whatever is not only shown in a list is a look: what was named by id, and what was written.
-- One at what is never told of is not found. One at nothing but what is held counts as an earlier look when the citizen sees it in the log by then.
WITH held AS MATERIALIZED (
    SELECT * FROM unnest($7::bigint[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
               AS h (patient, item, until, since, upto)
), wanted AS MATERIALIZED (
    SELECT * FROM access_log l
     WHERE l.stream = $1 AND l.seq > $2 AND l.seq <= $4 AND l.at >= $3::timestamptz - interval '1 day'
       AND l.actor_kind IN ('staff', 'citizen')
       AND EXISTS (SELECT FROM alert_choice c WHERE c.owner = ANY (l.patients) AND c.level <> 'none')
), looks AS (
    SELECT l.seq, l.at, l.actor_id, l.actor_key, s.patient, max(c.level) AS level,
           bool_or(s.outcome = 'permit' AND s.rule = ANY ($5::text[])) AS emergency,
           bool_or(s.outcome = 'permit' AND s.rule = ANY ($6::text[])) AS opened,
           greatest(min(coalesce(u.until, '-infinity')), max(u.whole),
                    max(l.at + $14::interval) FILTER (WHERE s.what = ANY ($13::text[]) AND l.at + $14::interval > $12::timestamptz)) AS shown
      FROM wanted l
     CROSS JOIN LATERAL jsonb_to_recordset(l.seen) AS s (patient bigint, what text, outcome text, rule text)
      JOIN alert_choice c ON c.owner = s.patient AND c.level <> 'none' AND c.since <= l.at
     CROSS JOIN LATERAL (SELECT max(h.until) AS until,
                                max(h.until) FILTER (WHERE h.item = s.what || ' by ' || l.actor_id) AS whole
                           FROM held h
                          WHERE h.patient = s.patient AND l.at BETWEEN h.since AND h.upto
                            AND (h.item IN (s.rule, s.what || ' by ' || l.actor_id)
                                 OR h.item = ANY (regexp_split_to_array(s.what, '/_history\S*| ')))) u
     WHERE l.actor_key <> s.patient
       AND s.what NOT LIKE 'search identity%' AND s.what <> 'page aapninger' AND s.rule IS DISTINCT FROM 'may_find_people'
       AND (cardinality(l.patients) = 1 OR s.what LIKE 'page %' OR s.what LIKE '% chart' OR s.outcome = 'refuse'
            OR (l.screen LIKE 'FHIR %' AND s.what NOT LIKE '%/_history/%'))
     GROUP BY l.seq, l.at, l.actor_id, l.actor_key, s.patient
), told AS (
    SELECT k.*, CASE WHEN emergency THEN 'emergency' WHEN opened THEN 'opened'
                     WHEN k.level = 'new' AND NOT EXISTS (
                          SELECT FROM access_log_patient b
                            JOIN access_log o ON o.stream = b.stream AND o.seq = b.seq AND o.at = b.at
                           CROSS JOIN LATERAL jsonb_to_recordset(o.seen) AS s (patient bigint, what text, outcome text, rule text)
                           WHERE b.patient = k.patient AND b.at > k.at - interval '1 year' AND o.actor_id = k.actor_id
                             AND (b.at, b.stream, b.seq) < (k.at, $1::bigint, k.seq) AND b.at <= k.at
                             AND s.patient = k.patient AND s.what NOT LIKE 'search identity%'
                             AND s.rule IS DISTINCT FROM 'may_find_people'
                             AND (cardinality(o.patients) = 1 OR s.what LIKE 'page %' OR s.what LIKE '% chart'
                                  OR s.outcome = 'refuse' OR (o.screen LIKE 'FHIR %' AND s.what NOT LIKE '%/_history/%'))
                             AND NOT EXISTS (SELECT FROM jsonb_array_elements(o.seen) p
                                              WHERE p ->> 'what' = ANY ($13::text[]) AND o.at + $14::interval > greatest(k.shown, $12))
                             AND NOT EXISTS (SELECT FROM held h
                                              WHERE h.patient = s.patient AND h.until > k.shown AND o.at BETWEEN h.since AND h.upto
                                                AND (h.item = s.rule
                                                     OR h.item = ANY (regexp_split_to_array(s.what, '/_history\S*| '))
                                                     OR EXISTS (SELECT FROM jsonb_array_elements(o.seen) p
                                                                 WHERE h.item = (p ->> 'what') || ' by ' || o.actor_id))))
                     THEN 'new'
                     WHEN k.level = 'every' THEN 'every' END AS kind
      FROM looks k
)
SELECT t.seq, t.at, t.actor_key, t.patient, t.kind, nullif(t.shown, '-infinity') AS held FROM told t
 WHERE t.kind IS NOT NULL AND t.shown < 'infinity';

-- name: keep
-- in    $1 stream; arrays: $2 owners, $3 numbers of rows, $4 instants, $5 kinds, $6 until when they are held; null
INSERT INTO alert (owner, stream, seq, at, kind, held_until)
SELECT k.owner, $1, k.seq, k.at, k.kind, k.held
  FROM unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::timestamptz[]) AS k (owner, seq, at, kind, held)
    ON CONFLICT DO NOTHING;

-- name: come
-- Looks whose time has come, each with when it was: by that the log finds it.
-- in    $1 now, $2 how many
SELECT owner, stream, seq, at FROM alert WHERE held_until <= $1 ORDER BY held_until, owner, stream, seq LIMIT $2;

-- name: let_out
-- Tell of the looks whose time has come: from when the citizen sees what was looked at, they are new to them.
-- in    $1 now, $2 how soon; arrays: $3 owners, $4 streams, $5 numbers of rows, $6 whether one still wants to be told,
--       $7 until when they are held after all; null
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[], $7::timestamptz[])
               AS k (owner, stream, seq, wanted, held)
), gone AS (
    DELETE FROM alert a USING asked k
     WHERE a.owner = k.owner AND a.stream = k.stream AND a.seq = k.seq AND NOT k.wanted
), kept AS (
    UPDATE alert a SET held_until = k.held FROM asked k
     WHERE a.owner = k.owner AND a.stream = k.stream AND a.seq = k.seq AND k.wanted AND k.held IS NOT NULL
), out AS (
    UPDATE alert a SET at = a.held_until, held_until = NULL FROM asked k
     WHERE a.owner = k.owner AND a.stream = k.stream AND a.seq = k.seq AND k.wanted AND k.held IS NULL
    RETURNING a.owner, a.stream, a.seq
)
INSERT INTO alert_letter (owner, id, urgent, made, due)
SELECT a.owner, min(a.stream || '.' || a.seq) || '.h', false, $1::timestamptz,
       greatest($1::timestamptz + $2::interval, (
           SELECT max(l.due) + interval '1 day' FROM alert_letter l
            WHERE l.owner = a.owner AND l.failed = ''))
  FROM out a JOIN alert_choice c ON c.owner = a.owner AND c.way <> 'inbox'
 GROUP BY a.owner ON CONFLICT DO NOTHING;

-- name: move
-- Note how far a stream has been read.
-- in    $1 stream, $2 number of the last row
INSERT INTO alert_stream (stream, seq) VALUES ($1, $2) ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq;

-- name: write_urgent
-- A letter at once for each emergency among the rows just read.
-- in    $1 stream, $2 number of the last row before them, $3 now
INSERT INTO alert_letter (owner, id, urgent, made, due)
SELECT a.owner, a.stream || '.' || a.seq, true, $3::timestamptz, $3
  FROM alert a JOIN alert_choice c ON c.owner = a.owner AND c.way <> 'inbox'
 WHERE a.stream = $1 AND a.seq > $2 AND a.kind = 'emergency' AND a.held_until IS NULL ON CONFLICT DO NOTHING;

-- name: write_gathered
-- A letter for the other looks among the rows just read: soon, and not within a day of the last; one that waits serves too.
-- in    $1 stream, $2 number of the last row before them, $3 now, $4 how soon
INSERT INTO alert_letter (owner, id, urgent, made, due)
SELECT a.owner, a.stream || '.' || max(a.seq) || '.d', false, $3::timestamptz,
       greatest($3::timestamptz + $4::interval, (
           SELECT max(l.due) + interval '1 day' FROM alert_letter l
            WHERE l.owner = a.owner AND l.failed = ''))
  FROM alert a JOIN alert_choice c ON c.owner = a.owner AND c.way <> 'inbox'
 WHERE a.stream = $1 AND a.seq > $2 AND a.kind <> 'emergency' AND a.held_until IS NULL
 GROUP BY a.owner, a.stream ON CONFLICT DO NOTHING;

-- name: claim
-- Lease one letter that is due.
-- in    $1 now, $2 end of the lease
UPDATE alert_letter l SET due = $2, tries = l.tries + 1
  FROM (SELECT owner, id FROM alert_letter WHERE due <= $1 AND sent IS NULL AND failed = ''
         ORDER BY urgent DESC, due LIMIT 1 FOR UPDATE SKIP LOCKED) c
 WHERE l.owner = c.owner AND l.id = c.id
RETURNING l.owner, l.id, l.made, l.tries;

-- name: addressed
-- Whom a person's letters go to, if to anybody.
-- in    $1 owner
SELECT way, address, language FROM alert_choice WHERE owner = $1 AND level <> 'none' AND way <> 'inbox';

-- name: sent
-- in    $1 owner, $2 id, $3 now
UPDATE alert_letter SET sent = $3, due = $3 WHERE owner = $1 AND id = $2;

-- name: again
-- Try a letter later, or no more.
-- in    $1 owner, $2 id, $3 due, $4 why no more; ''
UPDATE alert_letter SET due = $3, failed = $4 WHERE owner = $1 AND id = $2;

-- name: drop
-- in    $1 owner, $2 id
DELETE FROM alert_letter WHERE owner = $1 AND id = $2;

-- name: unsent
-- How many letters wait, and how many were given up.
SELECT 'letters' AS what, count(*) FROM alert_letter WHERE sent IS NULL AND failed = ''
UNION ALL SELECT 'letters given up', count(*) FROM alert_letter WHERE failed <> '';

-- name: forget_alerts
-- What is still to be told of stays: it is as old as the look until then.
-- in    $1 instant
DELETE FROM alert WHERE at < $1 AND held_until IS NULL;

-- name: forget_letters
-- in    $1 instant
DELETE FROM alert_letter WHERE made < $1;
