-- name: next
-- A parameter whose values are to be made or taken away; nobody else works on it meanwhile.
-- out  clear: nobody writes by earlier rules any more
SELECT p.id, p.state, p.types, p.fresh, p.horizon IS NULL AS new, p.at_type, p.at_owner, p.at_id,
       coalesce(pg_snapshot_xmin(pg_current_snapshot()) >= p.horizon, false) AS clear
  FROM own_parameter p WHERE p.state <> 'ready' ORDER BY p.id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: begin
-- From here on: whoever writes later than what is under way now, writes by the rules of now.
UPDATE own_parameter SET horizon = pg_snapshot_xmax(pg_current_snapshot()) WHERE id = $1;

-- name: batch
-- The next resources of some types after a place.
-- in   $1 types, $2 type, $3 owner, $4 id, $5 how many
SELECT n.owner, n.type, n.id
  FROM unnest($1::smallint[]) AS t (type)
 CROSS JOIN LATERAL (SELECT r.owner, r.type, r.id FROM resource r
                      WHERE r.type = t.type AND NOT r.deleted AND (r.type, r.owner, r.id) > ($2, $3, $4)
                      ORDER BY r.type, r.owner, r.id LIMIT $5) n
 ORDER BY n.type, n.owner, n.id LIMIT $5;

-- name: lock
-- As those who write lock: in order.
SELECT o.owner FROM owner o WHERE o.owner = ANY ($1) ORDER BY o.owner FOR NO KEY UPDATE;

-- name: current
-- in   $1 owners, $2 types, $3 ids
-- out  hidden: the addresses of this owner are protected
SELECT r.owner, r.type, r.id, r.version, r.last_updated, v.body,
       EXISTS (SELECT FROM fact f WHERE f.owner = r.owner AND f.kind = 'protection') AS hidden
  FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS k (owner, type, id)
  JOIN resource r ON r.owner = k.owner AND r.type = k.type AND r.id = k.id
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
 WHERE r.deleted IS NOT TRUE AND v.body IS NOT NULL;

-- name: index
-- See migrations/0023_parameters.sql, and 0092_displays.sql for the last four. Arrays are literals, but for keys and prints.
SELECT journal_index_v3(
  $1, $2, $3, $4::text::text[], $5::text::integer[], $6, $7::text::integer[], $8::text::smallint[],
  $9::text::bigint[], $10::text::integer[], $11::text::integer[], $12::text::smallint[], $13::text::smallint[],
  $14::text::bigint[], $15::text::text[], $16::text::integer[], $17::text::integer[], $18::text::smallint[],
  $19::text::text[], $20::text::bigint[], $21::text::integer[], $22::text::integer[], $23::text::smallint[],
  $24::text::timestamptz[], $25::text::timestamptz[], $26::text::integer[], $27::text::integer[],
  $28::text::smallint[], $29::text::numeric[], $30::text::numeric[], $31::text::bigint[], $32::text::numeric[],
  $33::text::numeric[], $34::text::bigint[], $35::text::bigint[], $36::text::integer[], $37::text::text[],
  $38::text::text[]),
  search_display_v1($39::text::integer[], $40::text::text[], $41::text::bigint[], $42::text::bigint[], NULL);

-- name: came
-- in   $1 id, $2 type, $3 owner, $4 id of the last resource, $5 how many the expression failed on
UPDATE own_parameter SET at_type = $2, at_owner = $3, at_id = $4, failed = failed + $5 WHERE id = $1;

-- name: ready
-- Nothing of before is left: its types and slots are its own from here on.
UPDATE own_parameter SET state = 'ready', types = $2, slots = $3, fresh = false WHERE id = $1;

-- name: gone
DELETE FROM own_parameter WHERE id = $1;
