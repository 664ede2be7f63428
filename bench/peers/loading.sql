-- name: size
-- Bytes of the whole database.
SELECT pg_database_size(current_database());

-- name: analyze
-- Let the planner know what was loaded, as our own import does at its end.
ANALYZE;
