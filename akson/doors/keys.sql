-- name: others
-- How many others are connected to this database as we are; what they do is not for the application's role to see.
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = session_user;
