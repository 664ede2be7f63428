-- Sign-in: what must be shared by every server of an installation. Nothing here is part of a record; all of it expires.
-- Secrets (cookies, codes, states) are stored as SHA-256 only.

-- Something that may be used once before it expires: a pushed request, a code, a sign-in under way.
CREATE TABLE signin_ticket (
    digest bytea PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('request', 'code', 'state')),
    content jsonb NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX signin_ticket_expiry ON signin_ticket (expires_at);

-- The jti of every assertion and proof seen: a second sight is a replay.
CREATE TABLE signin_replay (
    digest bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX signin_replay_expiry ON signin_replay (expires_at);

-- Access tokens that no longer count though they have not expired, by jti.
CREATE TABLE signin_revoked (
    jti text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX signin_revoked_expiry ON signin_revoked (expires_at);

-- Attempts per window, by a digest of who tried (address or client).
CREATE TABLE signin_attempt (
    digest bytea NOT NULL,
    window_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    PRIMARY KEY (digest, window_at)
);
CREATE INDEX signin_attempt_window ON signin_attempt (window_at);

-- A person's browser. `actor` is null until a role is chosen.
CREATE TABLE signin_session (
    digest bytea PRIMARY KEY,
    actor jsonb,
    choices jsonb NOT NULL,
    provider text NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE INDEX signin_session_started ON signin_session (started_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON signin_ticket, signin_replay, signin_revoked, signin_attempt, signin_session
   TO akson_app;
