-- name: put_ticket
-- Remember something that may be used once.
-- in    $1 digest bytea, $2 kind, $3 content jsonb, $4 expires_at
INSERT INTO signin_ticket (digest, kind, content, expires_at) VALUES ($1, $2, $3, $4);

-- name: use_ticket
-- Use it, if nobody has and it has not expired. The row lock makes two at once one.
-- in    $1 digest, $2 kind, $3 now
-- out   content, or no row
UPDATE signin_ticket SET used_at = $3
 WHERE digest = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3
RETURNING content;

-- name: look_at_ticket
-- in    $1 digest, $2 kind
-- out   content, used boolean, expires_at
SELECT content, used_at IS NOT NULL AS used, expires_at FROM signin_ticket WHERE digest = $1 AND kind = $2;

-- name: first_sight
-- Remember a jti; a second sight gives no row.
-- in    $1 digest, $2 expires_at
INSERT INTO signin_replay (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING RETURNING true;

-- name: attempt
-- Count one attempt in its window.
-- in    $1 digest of who, $2 start of the window
-- out   attempts so far in the window
INSERT INTO signin_attempt AS a (digest, window_at, attempts) VALUES ($1, $2, 1)
    ON CONFLICT (digest, window_at) DO UPDATE SET attempts = a.attempts + 1
RETURNING attempts;

-- name: revoke
-- in    $1 jti, $2 expires_at of the token
INSERT INTO signin_revoked (jti, expires_at) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING;

-- name: revoked
-- in    $1 now
-- out   jti of each token that does not count
SELECT jti FROM signin_revoked WHERE expires_at > $1;

-- name: start_session
-- Begin a session; the one it replaces (another person at the same browser) ends.
-- in    $1 digest, $2 actor jsonb or null, $3 choices jsonb, $4 provider, $5 now, $6 digest of the old one,
--       $7 digest of the person as the issuer knows them, $8 digest of the issuer's session or null
WITH ended AS (DELETE FROM signin_session WHERE digest = $6)
INSERT INTO signin_session (digest, actor, choices, provider, started_at, seen_at, issuer_person, issuer_session)
VALUES ($1, $2, $3, $4, $5, $5, $7, $8);

-- name: resume_session
-- Find a live session and note that it is used, at most once a minute: most pages then write nothing.
-- in    $1 digest, $2 now, $3 idle limit interval, $4 absolute limit interval
-- out   actor, choices, provider; or no row
WITH live AS (
    SELECT actor, choices, provider, seen_at FROM signin_session
     WHERE digest = $1 AND locked_at IS NULL
       AND seen_at > $2::timestamptz - $3::interval AND started_at > $2::timestamptz - $4::interval
), touched AS (
    UPDATE signin_session SET seen_at = $2
     WHERE digest = $1 AND EXISTS (SELECT FROM live WHERE seen_at < $2::timestamptz - interval '1 minute')
)
SELECT actor, choices, provider FROM live;

-- name: locked_session
-- Find a session that its person may go on with after signing in anew: locked, or not used for a while.
-- in    $1 digest, $2 now, $3 idle limit interval, $4 absolute limit interval
-- out   actor, provider, page; or no row
SELECT actor, provider, coalesce(page, '') AS page FROM signin_session
 WHERE digest = $1 AND actor ->> 'kind' = 'staff' AND started_at > $2::timestamptz - $4::interval
   AND (locked_at IS NOT NULL OR seen_at <= $2::timestamptz - $3::interval);

-- name: lock_session
-- Lock a session, under a new cookie.
-- in    $1 digest, $2 new digest, $3 now, $4 the page it was at; '': as it stands
-- out   one row; or none: a citizen's session, or no session
UPDATE signin_session SET digest = $2, locked_at = coalesce(locked_at, $3), page = coalesce(nullif($4, ''), page)
 WHERE digest = $1 AND actor ->> 'kind' = 'staff'
RETURNING true;

-- name: keep_page
-- Keep the page that a session, live or locked, is to go on at.
-- in    $1 digest, $2 page
UPDATE signin_session SET page = $2 WHERE digest = $1;

-- name: end_at_issuer
-- End what the issuer says has ended: its session, or all of a person's.
-- in    $1 digest of the person or null, $2 digest of the issuer's session or null
-- out   actor of each
DELETE FROM signin_session
 WHERE ($1::bytea IS NULL OR issuer_person = $1) AND ($2::bytea IS NULL OR issuer_session = $2)
   AND coalesce($1, $2) IS NOT NULL
RETURNING actor;

-- name: choose_role
-- Act as another of the choices, under a new cookie.
-- in    $1 digest, $2 new digest, $3 actor jsonb
-- out   one row if the session was there
UPDATE signin_session SET digest = $2, actor = $3 WHERE digest = $1 RETURNING true;

-- name: end_session
-- out   actor, provider: where to log out next
DELETE FROM signin_session WHERE digest = $1 RETURNING actor, provider;

-- name: purge
-- Forget what has expired. Tickets stay an hour longer, so that a code used twice is still known as such.
-- in    $1 now, $2 absolute limit of a session
WITH tickets AS (DELETE FROM signin_ticket WHERE expires_at < $1::timestamptz - interval '1 hour'),
     replays AS (DELETE FROM signin_replay WHERE expires_at < $1),
     revoked AS (DELETE FROM signin_revoked WHERE expires_at < $1),
     attempts AS (DELETE FROM signin_attempt WHERE window_at < $1::timestamptz - interval '1 day')
DELETE FROM signin_session WHERE started_at < $1::timestamptz - $2::interval;

-- name: open_sessions
-- Where the person of a session is signed in, the newest use first.
-- in    $1 digest of the session that asks, $2 now, $3 idle limit interval, $4 absolute limit interval
-- out   name: what a form calls it; actor, started_at, seen_at, locked boolean, this boolean
SELECT encode(s.digest, 'hex') AS name, s.actor, s.started_at, s.seen_at, s.digest = $1 AS this,
       s.locked_at IS NOT NULL OR s.seen_at <= $2::timestamptz - $3::interval AS locked
  FROM signin_session s JOIN signin_session me ON me.digest = $1
 WHERE (s.digest = $1 OR s.issuer_person = me.issuer_person) AND s.started_at > $2::timestamptz - $4::interval
   AND (s.actor ->> 'kind' = 'staff' OR s.seen_at > $2::timestamptz - $3::interval)
 ORDER BY s.seen_at DESC;

-- name: end_beside
-- End other sessions of the same person.
-- in    $1 digest of the session that asks, $2 name of the one to end; '': all others
-- out   actor of each
DELETE FROM signin_session AS s USING signin_session AS me
 WHERE me.digest = $1 AND s.issuer_person = me.issuer_person AND s.digest <> $1
   AND ($2 = '' OR encode(s.digest, 'hex') = $2)
RETURNING s.actor;

-- name: end_sessions_of
-- End sessions from the operator's side.
-- in    $1 id of the actor, as the access log names them; '': everybody
-- out   actor of each
DELETE FROM signin_session
 WHERE $1 = '' OR actor ->> 'id' = $1 OR choices @> jsonb_build_array(jsonb_build_object('id', $1::text))
RETURNING actor;
