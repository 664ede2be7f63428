-- name: across
-- One page of versions across resources, newest first; see journal_history_v1 in the migrations.
SELECT * FROM journal_history_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: versions
-- The versions of one resource below version $4, newest first, written since $6 and until $7; current at $8 or later.
-- A row without a version stands for a resource of which none is asked for.
SELECT r.owner, r.type, r.id, v.version, v.last_updated, r.sort_date, r.unit, r.author, r.labels, r.about,
       (v.method = 'DELETE') AS deleted, (v.salt IS NULL) AS erased, v.body, v.method,
       o.facts_rev, o.facts, o.type AS owner_type, r.version AS newest
  FROM resource r
  JOIN owner o ON o.owner = r.owner
  LEFT JOIN LATERAL (
    SELECT * FROM resource_version v
     WHERE v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version < $4
       AND v.last_updated BETWEEN $6 AND $7
       AND ($8::timestamptz IS NULL OR v.last_updated >= $8 OR NOT EXISTS (
             SELECT FROM resource_version w WHERE w.owner = v.owner AND w.type = v.type AND w.id = v.id
                AND w.version = v.version + 1 AND w.last_updated <= $8))
     ORDER BY v.version DESC LIMIT $5) v ON true
 WHERE r.owner = $1 AND r.type = $2 AND r.id = $3
 ORDER BY v.version DESC;
