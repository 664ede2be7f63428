-- name: put_app
-- in  $1 id, $2 name, $3 content jsonb, $4 rate, $5 now
-- out one row when the id was free
INSERT INTO smart_app (id, name, content, rate, registered_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (id) DO NOTHING RETURNING true;

-- name: app
SELECT id, name, content, rate FROM smart_app WHERE id = $1;

-- name: apps
SELECT id, name, content, rate FROM smart_app ORDER BY id;

-- name: remove_app
-- Its grants and refresh tokens go with it.
DELETE FROM smart_app WHERE id = $1 RETURNING true;

-- name: put_grant
-- in  $1 id, $2 app, $3 content jsonb, $4 digest of the browser session or null, $5 expires_at, $6 person, $7 about, $8 now
INSERT INTO smart_grant (id, app, content, session, expires_at, person, about, begun_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: end_grant
-- in  $1 id, $2 app, $3 now
UPDATE smart_grant SET ended_at = $3 WHERE id = $1 AND app = $2 AND ended_at IS NULL;

-- name: end_grants_of
-- End all that one person has given.
-- in  $1 id of the person, as the access log names them; $2 now
UPDATE smart_grant SET ended_at = $2 WHERE person = $1 AND ended_at IS NULL;

-- name: standing
-- What access tokens stand on now: the app, and for a person's token the grant with the browser session it lives with.
-- in  $1 apps, $2 grants ("" for a program's own token), $3 now, $4 idle limit, $5 absolute limit of a session
SELECT k.app, k.grant_id, a.name, a.rate, g.content
  FROM unnest($1::text[], $2::text[]) AS k (app, grant_id)
  JOIN smart_app a ON a.id = k.app
  LEFT JOIN smart_grant g ON g.id = k.grant_id AND g.app = k.app AND g.ended_at IS NULL AND g.expires_at > $3
   AND (g.session IS NULL OR EXISTS (
         SELECT FROM signin_session s WHERE s.digest = g.session AND s.seen_at > $3::timestamptz - $4::interval
            AND s.started_at > $3::timestamptz - $5::interval))
 WHERE k.grant_id = '' OR g.id IS NOT NULL;

-- name: held
-- What stands now of what people have let apps do: by one person, or in one record. Newest first.
-- in  $1 person or "", $2 owner key of the record or 0, $3 now, $4 idle limit, $5 absolute limit of a session
-- out id, name of the app, content, begun_at, expires_at
SELECT g.id, a.name, g.content, g.begun_at, g.expires_at
  FROM smart_grant g JOIN smart_app a ON a.id = g.app
 WHERE (g.person = $1 OR (g.about = $2 AND g.about <> 0)) AND g.ended_at IS NULL AND g.expires_at > $3
   AND (g.session IS NULL OR EXISTS (
         SELECT FROM signin_session s WHERE s.digest = g.session AND s.seen_at > $3::timestamptz - $4::interval
            AND s.started_at > $3::timestamptz - $5::interval))
 ORDER BY g.begun_at DESC, g.id;

-- name: put_refresh
-- in  $1 digest, $2 grant
INSERT INTO smart_refresh (digest, grant_id) VALUES ($1, $2);

-- name: use_refresh
-- in  $1 digest, $2 now
-- out the grant, when nobody has used it
UPDATE smart_refresh SET used_at = $2 WHERE digest = $1 AND used_at IS NULL RETURNING grant_id;

-- name: refresh
-- out the grant of a refresh token, used or not, and its app
SELECT r.grant_id, g.app, r.used_at IS NOT NULL AS used
  FROM smart_refresh r JOIN smart_grant g ON g.id = r.grant_id WHERE r.digest = $1;

-- name: purge
-- Forget grants that have expired, with their refresh tokens.
-- in  $1 now
DELETE FROM smart_grant WHERE expires_at < $1 OR ended_at < $1::timestamptz - interval '1 day';
