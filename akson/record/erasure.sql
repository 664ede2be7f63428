-- name: erase
-- Carry out a decided erasure; only akson_eraser may.
-- in   $1 now, $2 owner, $3 revision of its facts, $4 types, $5 ids, $6 decision (JSON)
-- out  number of the chain entry that records it
-- Numbers that go with it are locked first, and who names them; see migrations/0019_numbers.sql.
SELECT journal_erase_v2(
  $1,
  (journal_lock_v1(ARRAY[$2::bigint], array_fill($2::bigint, ARRAY[cardinality($4::smallint[])]), $4, $5,
                   '{}', '{}', '{}', '{}'))[1],
  $3, $4, $5, $6);
