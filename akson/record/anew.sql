-- name: current
-- The current resources of one owner after a type and id, with their bodies.
-- in   $1 owner, $2 type, $3 id, $4 how many
-- out  hidden: the addresses of this owner are protected
SELECT r.owner, r.type, r.id, r.version, r.last_updated, v.body,
       EXISTS (SELECT FROM fact f WHERE f.owner = r.owner AND f.kind = 'protection') AS hidden
  FROM resource r
  JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
 WHERE r.owner = $1 AND NOT r.deleted AND v.body IS NOT NULL AND (r.type, r.id) > ($2, $3)
 ORDER BY r.type, r.id LIMIT $4;

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
