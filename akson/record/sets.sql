-- name: write
-- One write set, or several, in one call; see migrations/0030_together.sql for what each array holds. Where national numbers
-- come, go or are named, all that is concerned is locked first, see 0019_numbers.sql. Nothing is written, and no row comes
-- back, when the search values were not made by the rules of now, see 0023_parameters.sql.
-- in   arrays as literals, but for bodies, salts and prints; $72 owners, $73 types, $74 ids of what stands already and may
--      hold or name numbers; $75 revision of the rules; $76 whether to wait for owners; $77 to $81 rows of the access log that
--      are written with the sets, see `append` in akson/audit/queries.sql; all null: none; $82 to $85 slots, texts, hashes and
--      owners of what codes are shown by, which must come after the owners are locked; see 0092_displays.sql
SELECT search_display_v1($82::text::integer[], $83::text::text[], $84::text::bigint[], $85::text::bigint[], journal_write_v4(
  $1::text::timestamptz[], $2::text::bigint[], $3::text::text[], $4::text::bigint[], $5::text::bigint[],
  $6::text::bigint[], $7::text::integer[], $76, $8::text::integer[],
  CASE WHEN $66::text IS NOT NULL OR $72::text IS NOT NULL OR 'representation' = ANY ($62::text::text[])
       THEN journal_lock_v1($9::text::bigint[], $72::text::bigint[], $73::text::smallint[], $74::text::text[],
                            $66::text::text[], $67::text::text[], $68::text::bigint[],
                            $65::text::text[])
       ELSE $9::text::bigint[] END,
  $10, $11::text::smallint[], $12::text::bigint[], $13::text::boolean[], $14::text::integer[], $15::text::bigint[],
  $16::text::smallint[], $17::text::text[], $18::text::integer[], $19::text::text[], $20, $21,
  $22::text::timestamptz[], $23::text::boolean[], $24::text::text[], $25::text::text[], $26::text::text[],
  $27::text::integer[], $28, $29::text::integer[], $30::text::smallint[], $31::text::bigint[], $32::text::integer[],
  $33::text::integer[], $34::text::smallint[], $35::text::smallint[], $36::text::bigint[], $37::text::text[],
  $38::text::integer[], $39::text::integer[], $40::text::smallint[], $41::text::text[], $42::text::bigint[],
  $43::text::integer[], $44::text::integer[], $45::text::smallint[], $46::text::timestamptz[],
  $47::text::timestamptz[], $48::text::integer[], $49::text::integer[], $50::text::smallint[], $51::text::numeric[],
  $52::text::numeric[], $53::text::bigint[], $54::text::numeric[], $55::text::numeric[], $56::text::bigint[],
  $57::text::bigint[], $58::text::integer[], $59::text::text[], $60::text::text[], $61::text::integer[],
  $62::text::text[], $63::text::bigint[], $64::text::bigint[], $65::text::text[], $66::text::text[],
  $67::text::text[], $68::text::bigint[], $69::text::smallint[], $70::text::text[], $71::text::bigint[])) AS times,
  CASE WHEN $77::bigint IS NOT NULL
       THEN access_append_v2($77, $78::bigint, $79::text::text[], $80::text::text[], $81::text::text[]) END AS traced
 WHERE search_rules_v1($75);
