-- name: write
-- The whole write set in one call; see migrations/0021_write.sql for what each array holds. Where national numbers come, go
-- or are named, all that is concerned is locked first, see 0019_numbers.sql. Nothing is written, and no row comes back, when
-- the search values were not made by the rules of now, see 0023_parameters.sql.
-- in   arrays as literals, but for bodies, salts and prints; $69 owners, $70 types, $71 ids of what stands already and may
--      hold or name numbers; $72 revision of the rules
SELECT journal_write_v3(
  $1, $2,
  CASE WHEN $63::text IS NOT NULL OR $69::text IS NOT NULL OR 'representation' = ANY ($59::text::text[])
       THEN journal_lock_v1($3::text::bigint[], $69::text::bigint[], $70::text::smallint[], $71::text::text[], $63::text::text[],
                             $64::text::text[], $65::text::bigint[], $62::text::text[])
       ELSE $3::text::bigint[] END,
  $4, $5::text::smallint[], $6::text::bigint[], $7::text::boolean[], $8::text::integer[], $9::text::bigint[],
  $10::text::smallint[], $11::text::text[], $12::text::integer[], $13::text::text[], $14, $15,
  $16::text::timestamptz[], $17, $18, $19, $20::text::boolean[], $21::text::text[], $22::text::text[],
  $23::text::text[], $24::text::integer[], $25, $26::text::integer[], $27::text::smallint[], $28::text::bigint[],
  $29::text::integer[], $30::text::integer[], $31::text::smallint[], $32::text::smallint[], $33::text::bigint[],
  $34::text::text[], $35::text::integer[], $36::text::integer[], $37::text::smallint[], $38::text::text[],
  $39::text::bigint[], $40::text::integer[], $41::text::integer[], $42::text::smallint[], $43::text::timestamptz[],
  $44::text::timestamptz[], $45::text::integer[], $46::text::integer[], $47::text::smallint[], $48::text::numeric[],
  $49::text::numeric[], $50::text::bigint[], $51::text::numeric[], $52::text::numeric[], $53::text::bigint[],
  $54::text::bigint[], $55::text::integer[], $56::text::text[], $57::text::text[], $58::text::integer[],
  $59::text::text[], $60::text::bigint[], $61::text::bigint[], $62::text::text[], $63::text::text[],
  $64::text::text[], $65::text::bigint[], $66::text::smallint[], $67::text::text[], $68::text::bigint[]) AS times
 WHERE search_rules_v1($72);
