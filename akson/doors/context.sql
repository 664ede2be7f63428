-- name: drafts
-- How many drafts someone has.
SELECT count(*) FROM draft WHERE person = $1 AND person <> 0;
