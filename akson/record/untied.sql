-- name: standing
-- The reports to a barnevern that stand in no record, their tasks, what came back, and the tasks of that.
-- in    $1 types of Communication and Task: what each of these owns has no person over it
-- out   as the journal tells what stands, and held: a hold stands on it
-- uses index owner_restricted: what carries a mark is restricted
SELECT r.owner, r.type, r.id, r.version, r.last_updated, r.labels, v.body, o.facts_rev, o.facts, o.type AS owner_type,
       EXISTS (SELECT FROM hold h WHERE h.owner = r.owner AND h.ended IS NULL) AS held
  FROM owner o
  JOIN resource r ON r.owner = o.owner
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
 WHERE o.restricted AND o.type = ANY ($1::smallint[]) AND NOT r.person AND r.labels && '{child-concern}'
 ORDER BY r.last_updated DESC, r.owner, r.type, r.id;
