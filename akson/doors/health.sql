-- name: ready
SELECT 1;

-- name: waiting
-- What waits for the worker, and what has been parked for a human.
SELECT 'news' AS what, count(*) FROM news
UNION ALL SELECT 'jobs', count(*) FROM job WHERE NOT parked
UNION ALL SELECT 'parked jobs', count(*) FROM job WHERE parked;
