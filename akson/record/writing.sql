-- name: write
-- The whole write set in one call; see migrations/0021_write.sql for what each array holds. Where national numbers come, go
-- or are named, all that is concerned is locked first, see 0019_numbers.sql. Nothing is written, and no row comes back, when
-- the search values were not made by the rules of now, see 0023_parameters.sql.
-- in   $69 owners, $70 types, $71 ids of what stands already and may hold or name numbers; $72 revision of the rules
SELECT journal_write_v3(
  $1, $2,
  CASE WHEN cardinality($63::text[]) > 0 OR cardinality($69::bigint[]) > 0 OR 'representation' = ANY ($59::text[])
       THEN journal_lock_v1($3::bigint[], $69, $70, $71, $63, $64, $65, $62) ELSE $3::bigint[] END,
  $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
  $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50,
  $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66, $67, $68) AS times
 WHERE search_rules_v1($72);
