-- name: bytes_each
-- Bytes of the whole database by current resource: content, history, indexes, chain, log, news, definitions.
SELECT pg_database_size(current_database()) / greatest(1, (SELECT count(*) FROM resource))::float;
