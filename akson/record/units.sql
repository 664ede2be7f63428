-- name: above
-- What each of some units is part of, directly and further up; a circle ends where it began.
-- in   $1 units
-- out  unit, above
WITH RECURSIVE up (unit, above) AS (
  SELECT k.unit, k.unit FROM unnest($1::bigint[]) AS k (unit)
   UNION
  SELECT up.unit, f.unit FROM up JOIN fact f ON f.owner = up.above AND f.kind = 'unit' AND f.unit <> 0)
SELECT unit, above FROM up;
