-- name: waiting
-- What stands in the top bar and the menu.
-- in  $1 owner key of the person, $2 id of the actor, $3 now
-- out drafts: how many they have; apps: can one be started from a record? granted: have they let one in?
SELECT (SELECT count(*) FROM draft WHERE person = $1 AND person <> 0) AS drafts,
       EXISTS (SELECT FROM smart_app WHERE content ->> 'launch_url' <> '' AND content -> 'scopes' ? 'launch') AS apps,
       EXISTS (SELECT FROM smart_grant WHERE person = $2 AND ended_at IS NULL AND expires_at > $3) AS granted;
