-- name: erase
-- Carry out a decided erasure; only akson_eraser may.
-- in   $1 now, $2 owner, $3 revision of its facts, $4 types, $5 ids, $6 decision (JSON)
-- out  number of the chain entry that records it
SELECT journal_erase_v2($1, $2, $3, $4, $5, $6);
