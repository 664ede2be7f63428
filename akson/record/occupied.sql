-- name: left
-- How many roles and units below a unit has, how many living persons it gives care or is to, how much waits there, and how many
-- messages of it are underway; numbers only.
-- in    $1 unit, $2 now, $3 kinds and $4 states of what waits
-- uses  indexes fact_unit, worklist_open; messages_underway_v1
SELECT (SELECT count(DISTINCT (f.owner, f.id))::integer FROM fact f
         WHERE f.unit = $1 AND f.unit <> 0 AND f.kind = 'employment'
           AND coalesce((f.data::json #>> '{value,end}')::timestamptz > $2, true)) AS roles,
       (SELECT count(*)::integer FROM fact f
         WHERE f.unit = $1 AND f.unit <> 0 AND f.kind = 'unit'
           AND (f.data::json #>> '{value,closed}')::boolean IS NOT TRUE) AS units,
       (SELECT count(DISTINCT f.owner)::integer FROM fact f
         WHERE f.unit = $1 AND f.unit <> 0 AND f.kind = 'relation'
           AND coalesce((f.data::json #>> '{value,end}')::timestamptz > $2, true)
           AND NOT EXISTS (SELECT FROM fact d WHERE d.owner = f.owner AND d.kind = 'person'
                              AND (d.data::json #>> '{value,deceased}')::boolean)) AS persons,
       (SELECT coalesce(array_agg(w.id), '{}') FROM worklist w
         WHERE w.unit = $1 AND w.unit <> 0 AND w.kind = ANY ($3::text[]) AND w.state = ANY ($4::text[])) AS waiting,
       messages_underway_v1($1) AS underway;

-- name: hold
-- Keep everybody from coming to a unit until the transaction ends; whoever is about to is waited for.
-- in    $1 unit
SELECT FROM owner WHERE owner = $1 FOR UPDATE;
