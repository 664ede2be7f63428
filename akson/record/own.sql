-- name: all
-- Every parameter of the installation's own, with the revision they stand at.
SELECT r.revision, p.id, p.state, p.definition, p.url, p.code, p.slots
  FROM search_rules r LEFT JOIN own_parameter p ON true ORDER BY p.id;

-- name: change
-- Those who change the rules do so one after another.
UPDATE search_rules SET revision = nextval('search_rules_revision');

-- name: known
SELECT id FROM own_parameter WHERE id = ANY ($1);

-- name: same
SELECT true FROM own_parameter WHERE id = $1 AND definition = $2 AND state <> 'retiring';

-- name: taken
-- Which of the types have a parameter with this code, or which parameter has this url, by another SearchParameter.
SELECT true FROM own_parameter
 WHERE id <> $1 AND state <> 'retiring' AND ((code = $2 AND types && $3) OR (url = $4 AND url <> '')) LIMIT 1;

-- name: put
-- in   $1 id, $2 definition, $3 url, $4 code, $5 types, $6 slots
INSERT INTO own_parameter AS p (id, state, definition, url, code, types, slots, fresh, at_type, at_owner, at_id, failed)
VALUES ($1, 'indexing', $2, $3, $4, $5, $6, true, 0, 0, '', 0)
    ON CONFLICT (id) DO UPDATE SET state = 'indexing', definition = excluded.definition, url = excluded.url,
       code = excluded.code, fresh = false, horizon = NULL, at_type = 0, at_owner = 0, at_id = '', failed = 0,
       types = ARRAY(SELECT DISTINCT unnest(p.types || excluded.types) ORDER BY 1),
       slots = ARRAY(SELECT DISTINCT unnest(p.slots || excluded.slots) ORDER BY 1);

-- name: retire
UPDATE own_parameter SET state = 'retiring', fresh = false, horizon = NULL, at_type = 0, at_owner = 0, at_id = '', failed = 0
 WHERE id = $1 AND state <> 'retiring';

-- name: progress
-- How far the work is: everything up to a place has its values, whoever writes meanwhile.
-- in   $1 ids (null: all)
-- out  done, total   resources of its types that stand now
SELECT p.id, p.state, p.url, p.code, p.failed,
       (SELECT count(*) FROM resource r WHERE r.type = ANY (p.types) AND NOT r.deleted) AS total,
       (SELECT count(*) FROM resource r WHERE r.type = ANY (p.types) AND NOT r.deleted
           AND (p.state = 'ready' OR (r.type, r.owner, r.id) <= (p.at_type, p.at_owner, p.at_id))) AS done
  FROM own_parameter p WHERE $1::text[] IS NULL OR p.id = ANY ($1) ORDER BY p.id;
