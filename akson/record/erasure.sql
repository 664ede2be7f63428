-- name: erase
-- Carry out a decided erasure, unless the record is on hold; only akson_eraser may.
-- in   $1 now, $2 owner, $3 revision of its facts, $4 types, $5 ids, $6 decision (JSON)
-- out  number of the chain entry that records it
-- Numbers that go with it are locked first, and who names them; see migrations/0019_numbers.sql, 0057_held.sql.
SELECT journal_erase_v3(
  $1,
  (journal_lock_v1(ARRAY[$2::bigint], array_fill($2::bigint, ARRAY[cardinality($4::smallint[])]), $4, $5,
                   '{}', '{}', '{}', '{}'))[1],
  $3, $4, $5, $6);

-- name: again
-- Carry out anew what was erased before a restore: as `erase`, also where a hold stands that had ended by then.
SELECT journal_erase_v2(
  $1,
  (journal_lock_v1(ARRAY[$2::bigint], array_fill($2::bigint, ARRAY[cardinality($4::smallint[])]), $4, $5,
                   '{}', '{}', '{}', '{}'))[1],
  $3, $4, $5, $6);

-- name: here
-- What of a decision is in this record, and not erased.
-- in    $1 owner, $2 types, $3 ids
-- out   type, id, and the revision of the owner's facts
SELECT r.type, r.id, o.facts_rev
  FROM unnest($2::smallint[], $3::text[]) AS given (type, id)
  JOIN resource r ON r.owner = $1 AND r.type = given.type AND r.id = given.id
  JOIN owner o ON o.owner = r.owner
 WHERE NOT EXISTS (SELECT FROM erasure e WHERE e.owner = r.owner AND e.type = r.type AND e.id = r.id)
 ORDER BY r.type, r.id;
