-- name: unwritten
-- The pages that are noted, but whose file may not be there.
SELECT number FROM erasure_page WHERE NOT written ORDER BY number;

-- name: note
-- Put erasures that stand on no page yet on the next one; nothing happens when another process does so at the same moment.
-- in    $1 most of them
WITH fresh AS (
  SELECT e.owner, e.seq, e.type, e.id FROM erasure e
   WHERE NOT EXISTS (SELECT FROM erasure_line l
                      WHERE l.owner = e.owner AND l.seq = e.seq AND l.type = e.type AND l.id = e.id)
   ORDER BY e.owner, e.seq, e.type, e.id LIMIT $1
), page AS (
  INSERT INTO erasure_page (number)
  SELECT coalesce((SELECT max(number) FROM erasure_page), 0) + 1 WHERE EXISTS (SELECT FROM fresh)
  ON CONFLICT DO NOTHING RETURNING number
)
INSERT INTO erasure_line (owner, seq, type, id, page)
SELECT f.owner, f.seq, f.type, f.id, p.number FROM fresh f, page p ON CONFLICT DO NOTHING;

-- name: lines
-- What stands on a page.
-- in    $1 number
SELECT e.owner, e.seq, e.type, e.id, c.at, e.decision
  FROM erasure_line l
  JOIN erasure e ON e.owner = l.owner AND e.seq = l.seq AND e.type = l.type AND e.id = l.id
  JOIN chain c ON c.owner = e.owner AND c.seq = e.seq
 WHERE l.page = $1 ORDER BY e.owner, e.seq, e.type, e.id;

-- name: written
-- A page's file is there.
-- in    $1 number
UPDATE erasure_page SET written = true WHERE number = $1;

-- name: pages
-- The last page this database knows of.
SELECT coalesce(max(number), 0) FROM erasure_page;

-- name: know
-- Note pages that were written by the database as it was before a restore.
-- in    $1 the last one
INSERT INTO erasure_page (number, written) SELECT n, true FROM generate_series(1, $1::bigint) n
ON CONFLICT (number) DO UPDATE SET written = true;
