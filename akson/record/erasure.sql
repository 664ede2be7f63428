-- name: erase
-- Carry out a decided erasure; only akson_eraser may.
-- in  $1 now, $2 owner, $3 type, $4 id, $5 decision (JSON)
SELECT journal_erase_v1($1, $2, $3, $4, $5);
