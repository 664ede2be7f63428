-- While somebody lives, what data controllers wrote of them comes to its end, and no more: who they are, what they wrote themselves,
-- and what they decided of access (blocks, proxies, who acts for a child) stand as long as they do. Nobody who lives loses the way in.
CREATE OR REPLACE FUNCTION record_entries_v1(whose bigint) RETURNS TABLE (type smallint, id text, keeper bigint, identity boolean)
LANGUAGE sql STABLE AS $$
  SELECT e.type, e.id, e.keeper, e.identity
    FROM (SELECT r.owner, r.type, r.id, coalesce(nullif(u.unit, 0), nullif(r.unit, 0), r.controller, 0) AS keeper,
                 r.type = o.type AS identity
            FROM owner o
            JOIN resource r ON r.owner = o.owner
            LEFT JOIN fact u ON u.owner = r.unit AND u.kind = 'unit'
           WHERE o.owner = whose
             AND NOT EXISTS (SELECT FROM erasure g WHERE g.owner = r.owner AND g.type = r.type AND g.id = r.id)) e
   WHERE EXISTS (SELECT FROM fact p
                  WHERE p.owner = whose AND p.kind = 'person' AND p.data::json #>> '{value,deceased}' = 'true')
      OR (e.keeper <> 0 AND NOT e.identity
          AND NOT EXISTS (SELECT FROM fact s WHERE s.owner = e.owner AND s.type = e.type AND s.id = e.id
                             AND s.kind IN ('block', 'representation', 'youth', 'protection')))
$$;
