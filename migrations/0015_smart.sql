-- Apps by SMART App Launch: who is registered, what they have been given, and how much they ask.

ALTER TABLE signin_ticket DROP CONSTRAINT signin_ticket_kind_check;
ALTER TABLE signin_ticket ADD CONSTRAINT signin_ticket_kind_check
  CHECK (kind IN ('request', 'code', 'state', 'smart-request', 'smart-code', 'smart-launch'));

-- An app that the operator has registered. With keys (jwks or jwks_url) it is confidential, else public.
CREATE TABLE smart_app (
    id text PRIMARY KEY,
    name text NOT NULL,
    content jsonb NOT NULL,        -- redirect_uris, launch_url, scopes, jwks, jwks_url, introspects
    rate integer NOT NULL DEFAULT 0 CHECK (rate >= 0), -- requests a minute; 0: the installation's usual
    registered_at timestamptz NOT NULL
);

-- What a person has let an app do. Ended: its tokens count no more, at once.
CREATE TABLE smart_grant (
    id text PRIMARY KEY,
    app text NOT NULL REFERENCES smart_app (id) ON DELETE CASCADE,
    content jsonb NOT NULL,        -- who, for which patient, which scopes
    session bytea,                 -- online_access: digest of the browser session it lives with
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX smart_grant_app ON smart_grant (app);
CREATE INDEX smart_grant_expiry ON smart_grant (expires_at);

-- Refresh tokens, by SHA-256; each works once, and a second use ends the grant.
CREATE TABLE smart_refresh (
    digest bytea PRIMARY KEY,
    grant_id text NOT NULL REFERENCES smart_grant (id) ON DELETE CASCADE,
    used_at timestamptz
);
CREATE INDEX smart_refresh_grant ON smart_refresh (grant_id);

-- Requests that a client has taken of a minute's allowance, in lots; lost in a crash without harm.
CREATE UNLOGGED TABLE client_rate (
    client text NOT NULL,
    minute_at timestamptz NOT NULL,
    taken bigint NOT NULL,
    PRIMARY KEY (client, minute_at)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON smart_app, smart_grant, smart_refresh, client_rate TO akson_app;
