-- name: streams
-- Every stream that anything is said about.
-- out   opened: when it was, null where nobody noted that it was
SELECT stream, s.opened
  FROM (SELECT stream FROM access_stream UNION SELECT stream FROM access_seal UNION SELECT stream FROM access_log) AS all_
  LEFT JOIN access_stream s USING (stream)
 ORDER BY stream;

-- name: seals
-- The seals of one stream, in order.
-- in    $1 stream
SELECT from_seq, upto_seq, at, root, prints, previous, signature, key_id
  FROM access_seal WHERE stream = $1 ORDER BY from_seq;

-- name: first
-- When the first row of a stream was written; it is what opens a stream.
-- in    $1 stream
SELECT at FROM access_log WHERE stream = $1 AND seq = 1 ORDER BY at LIMIT 1;

-- name: rows
-- Everything the access log says in one stream, in order.
-- in    $1 stream
SELECT seq, at, actor_kind, actor_id, actor_key, actor_name, actor_role, unit, unit_name, controller, controller_name,
       signed_in, purpose, screen, request, outcome, reason, patients, seen::text AS seen, leaf
  FROM access_log WHERE stream = $1 ORDER BY seq, at;

-- name: newest_seal
SELECT max(at) FROM access_seal;

-- name: removals
-- Everything that was ever taken away, in order.
SELECT number, at, before, streams, rows, digests, previous, signature, key_id FROM access_removal ORDER BY number;

-- name: projection
-- Where the citizens' projection and the log differ.
-- out   one row per patient and row that only one of them has
SELECT coalesce(p.patient, l.patient) AS patient, coalesce(p.stream, l.stream) AS stream, coalesce(p.seq, l.seq) AS seq,
       (p.patient IS NULL) AS missing
  FROM access_log_patient p
  FULL JOIN (SELECT unnest(patients) AS patient, at, stream, seq FROM access_log) l
    ON l.patient = p.patient AND l.at = p.at AND l.stream = p.stream AND l.seq = p.seq
 WHERE p.patient IS NULL OR l.patient IS NULL;

-- name: chain
-- Every link of every chain, in order.
SELECT owner, seq, at, leaves, digest, prints, head FROM chain ORDER BY owner, seq;

-- name: versions
-- Every version, in the order of the chain, with what its author's key stands for.
SELECT v.owner, v.chain_seq, v.n, v.type, v.id, v.version, v.method, v.last_updated, v.author AS author_key,
       a.told AS author, v.body, v.salt
  FROM resource_version v
  LEFT JOIN author a ON a.author = v.author
 ORDER BY v.owner, v.chain_seq, v.n;

-- name: authors
-- Who ever wrote.
SELECT author, told FROM author ORDER BY author;

-- name: authors_missing
-- Who wrote versions, but is not told of.
SELECT DISTINCT v.author FROM resource_version v
 WHERE NOT EXISTS (SELECT FROM author a WHERE a.author = v.author) ORDER BY v.author;

-- name: erasures
-- Every decided erasure, in the order of the chain.
SELECT owner, seq, type, id, leaves, decision FROM erasure ORDER BY owner, seq, type, id;

-- name: erasures_of
-- What decided erasures of one owner said about one resource.
-- in    $1 owner, $2 type, $3 id
SELECT leaves FROM erasure WHERE owner = $1 AND type = $2 AND id = $3;

-- name: not_erased
-- Content that a decided erasure took, but that is here: a backup was put back and the erasures were not carried out again.
SELECT v.owner, v.type, v.id, v.version
  FROM erasure e
  JOIN resource_version v ON v.owner = e.owner AND v.type = e.type AND v.id = e.id AND v.chain_seq < e.seq
 WHERE v.body IS NOT NULL OR v.salt IS NOT NULL
 ORDER BY v.owner, v.type, v.id, v.version;

-- name: heads
-- Where each owner's chain shall end.
SELECT owner, chain_seq, head FROM owner ORDER BY owner;

-- name: current
-- Current rows that do not fit their versions, and resources with versions but no current row.
-- The author's unit and id are looked up as text: what is no longer JSON differs too. In JSON a quote inside a name is
-- escaped, so these can only be the members themselves.
-- in    $1 types whose resources act
WITH newest AS (
  SELECT v.owner, v.type, v.id, m.newest, m.many, v.method, v.last_updated, w.told AS author
    FROM (SELECT owner, type, id, max(version) AS newest, count(*) AS many FROM resource_version GROUP BY 1, 2, 3) m
    JOIN resource_version v ON v.owner = m.owner AND v.type = m.type AND v.id = m.id AND v.version = m.newest
    LEFT JOIN author w ON w.author = v.author
), erased AS (
  SELECT DISTINCT owner, type, id FROM erasure
), compared AS (
  SELECT coalesce(r.owner, v.owner) AS owner, coalesce(r.type, v.type) AS type, coalesce(r.id, v.id) AS id,
         r.version, v.newest, v.many,
         r.deleted <> (v.method = 'DELETE' OR e.owner IS NOT NULL) AS deleted_differs,
         r.last_updated <> v.last_updated AS time_differs,
         coalesce(strpos(v.author, '"unit":' || r.unit || ','), 0) = 0 AS unit_differs,
         CASE WHEN strpos(v.author, '"id":"Device/') > 0 THEN r.author <> 0  -- programs have no record here
              ELSE coalesce(a.owner <> r.author, false) END AS author_differs
    FROM resource r
    FULL JOIN newest v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id
    LEFT JOIN erased e ON e.owner = r.owner AND e.type = r.type AND e.id = r.id
    LEFT JOIN resource a ON a.type = ANY ($1::smallint[])
          AND a.id = substring(v.author FROM '"id":"(?:Patient|Practitioner)/([^"]+)"')
)
SELECT * FROM compared
 WHERE version IS DISTINCT FROM newest OR many <> newest
    OR deleted_differs OR time_differs OR unit_differs OR author_differs
 ORDER BY owner, type, id;

-- name: facts
-- Owners whose row says other facts than the rows of fact, gathered as journal_write_v4 gathers them.
SELECT * FROM (
  SELECT o.owner, o.facts <> coalesce(f.facts, '[]') AS facts_differ,
         o.restricted <> coalesce(f.restricted, false) AS restricted_differs
    FROM owner o
    LEFT JOIN (SELECT owner, '[' || string_agg(data, ',' ORDER BY type, id, n) || ']' AS facts,
                      bool_or(kind IN ('block', 'protection', 'labelled')) AS restricted
                 FROM fact GROUP BY owner) f ON f.owner = o.owner
) compared WHERE facts_differ OR restricted_differs ORDER BY owner;

-- name: chain_seals
-- Every seal over chains, in order, with what stands now where it was made over: links that are gone leave nothing.
-- out   now: owner, seq, microseconds and head of each link, one after the other
SELECT s.number, s.at, cardinality(s.owners) AS links, s.prints, s.root, s.previous, s.signature, s.key_id,
       cardinality(s.seqs) = cardinality(s.owners) AS fits,
       string_agg(int8send(l.owner) || int8send(l.seq) || int8send((extract(epoch FROM c.at) * 1000000)::bigint) || c.head, ''
                  ORDER BY l.n) AS now
  FROM chain_seal s
  CROSS JOIN LATERAL unnest(s.owners, s.seqs) WITH ORDINALITY AS l (owner, seq, n)
  LEFT JOIN chain c ON c.owner = l.owner AND c.seq = l.seq
 GROUP BY s.number ORDER BY s.number;

-- name: chain_seal_links
-- What one seal was made over, link by link.
-- in    $1 number
-- out   print: what the seal keeps of the head; head: as it stands now, null when the link is gone; in_time: whether its
--       time is that of its versions, null when it has none: it is an erasure's
SELECT l.owner, l.seq, substr(s.prints, (l.n - 1)::integer * 8 + 1, 8) AS print, c.head,
       (SELECT bool_and(v.last_updated = c.at) FROM resource_version v WHERE v.owner = c.owner AND v.chain_seq = c.seq) AS in_time
  FROM chain_seal s
  CROSS JOIN LATERAL unnest(s.owners, s.seqs) WITH ORDINALITY AS l (owner, seq, n)
  LEFT JOIN chain c ON c.owner = l.owner AND c.seq = l.seq
 WHERE s.number = $1 ORDER BY l.n;

-- name: never_sealed
-- Links that stand under no seal, though they are older than the last one by so much.
-- in    $1 how much
WITH sealed AS (SELECT unnest(owners) AS owner, unnest(seqs) AS seq FROM chain_seal)
SELECT c.owner, c.seq FROM chain c LEFT JOIN sealed s ON s.owner = c.owner AND s.seq = c.seq
 WHERE s.owner IS NULL AND c.at < (SELECT max(at) - $1::interval FROM chain_seal)
 ORDER BY c.owner, c.seq;
