-- name: anybody
-- Is anything in the journal?
SELECT EXISTS (SELECT FROM owner);
