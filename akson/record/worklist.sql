-- name: waiting
-- What waits for a unit or a person, with what the decision about each needs: soonest due first, or what changed last.
-- in  $1 unit, $2 person, $3 kinds, $4 states, $5 and $6 due from and before, or null; $7 what changed last comes first;
--     $8 to $12 place, time, owner, type and id after which it begins; $13 how many; $14 the persons whose records are open
--     to who asks, or null: then of others only what a rule could open for its own sake, whoever it is about; $15 Patient
-- That is a report to the barnevern, which is its reporter's; what a case at the unit is about; what belongs to nobody.
-- Each row is judged afterwards.
-- A row whose resource is gone counts as deleted, and takes its place among the many.
SELECT w.kind, w.state, w.priority, w.due, w.at, w.person, w.place, w.owner, w.type, w.id, r.sort_date, r.unit, r.author,
       r.labels, coalesce(r.deleted, true) AS deleted, o.facts_rev, o.facts, o.type AS owner_type
  FROM (SELECT * FROM (
          SELECT *, CASE WHEN $7 THEN -extract(epoch FROM at)
                         ELSE extract(epoch FROM coalesce(due, 'infinity')) END::float8 AS place
            FROM worklist w
           WHERE ((unit = $1 AND unit <> 0 AND person IN (0, $2)) OR (person = $2 AND person <> 0))
             AND kind = ANY ($3::text[]) AND state = ANY ($4::text[])
             AND ($5::timestamptz IS NULL OR due >= $5) AND ($6::timestamptz IS NULL OR due < $6)
             AND ($14::bigint[] IS NULL OR owner IN (SELECT unnest($14::bigint[]))
                  OR owner IN (SELECT c.owner FROM worklist c WHERE c.unit = $1 AND c.kind IN ('case', 'demand'))
                  OR EXISTS (SELECT FROM owner o WHERE o.owner = w.owner AND o.type <> $15::smallint)
                  OR (person = $2 AND EXISTS (SELECT FROM resource r WHERE r.owner = w.owner AND r.type = w.type
                                                 AND r.id = w.id AND r.labels && '{child-concern}')))) p
         WHERE (place, at, owner, type, id) > ($8::float8, $9::timestamptz, $10::bigint, $11::smallint, $12::text)
         ORDER BY place, at, owner, type, id LIMIT $13) w
  LEFT JOIN (resource r JOIN owner o ON o.owner = r.owner) ON r.owner = w.owner AND r.type = w.type AND r.id = w.id
 ORDER BY w.place, w.at, w.owner, w.type, w.id;

-- name: replace
-- The rows of some resources of one owner, as they are now.
-- in  $1 owner, $2 types, $3 ids of what changed; $4.. the rows, as columns
WITH gone AS (
  DELETE FROM worklist w USING unnest($2::smallint[], $3::text[]) AS k (type, id)
   WHERE w.owner = $1 AND w.type = k.type AND w.id = k.id
     AND NOT EXISTS (SELECT FROM unnest($4::bigint[], $7::smallint[], $8::text[]) AS n (unit, type, id)
                      WHERE n.unit = w.unit AND n.type = w.type AND n.id = w.id)
)
INSERT INTO worklist (unit, person, owner, type, id, kind, state, priority, due, at)
SELECT DISTINCT ON (unit, owner, type, id) * FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::smallint[],
       $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[])
       AS n (unit, person, owner, type, id, kind, state, priority, due, at)
 ORDER BY unit, owner, type, id, person DESC
ON CONFLICT (unit, owner, type, id) DO UPDATE SET person = excluded.person, kind = excluded.kind, state = excluded.state,
   priority = excluded.priority, due = excluded.due, at = excluded.at
 WHERE worklist.at <= excluded.at;  -- of two workers on one owner the one who read later wins

-- name: untold
-- Tasks that were written and the worklist has not heard of, as they stand now, all read at once. Only news of tasks are
-- read, by an index of their own: while no worker runs there may be many thousand news. 140 is Task.
-- uses index news_of_tasks
SELECT c.* FROM (
    SELECT array_agg(t.owner) AS owners, array_agg(t.type) AS types, array_agg(t.id) AS ids FROM (
        SELECT DISTINCT n.owner, k.type, k.id FROM (
            SELECT owner, types, ids FROM news WHERE 140 = ANY (types)
             UNION ALL
            SELECT j.owner, ARRAY(SELECT json_array_elements_text(j.payload::json -> 'types'))::smallint[],
                   ARRAY(SELECT json_array_elements_text(j.payload::json -> 'ids'))
              FROM job j WHERE j.consumer = 'worklist') n,
          LATERAL unnest(n.types, n.ids) AS k (type, id)
         WHERE k.type = 140) t) t,
  LATERAL journal_current_v1(t.owners, t.types, t.ids) c
 WHERE NOT c.deleted;
