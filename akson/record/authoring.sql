-- name: introduce
-- Put there who writes, once for ever.
-- in   $1 key, $2 text
INSERT INTO author (author, told) VALUES ($1, $2) ON CONFLICT DO NOTHING;
