-- name: ready
SELECT 1;
