-- A screen that was left is locked; and an issuer tells us whose session has ended there.

ALTER TABLE signin_session
    ADD COLUMN locked_at timestamptz,
    -- SHA-256 of what the issuer calls the person and its own session
    ADD COLUMN issuer_person bytea,
    ADD COLUMN issuer_session bytea;
CREATE INDEX signin_session_person ON signin_session (issuer_person);
CREATE INDEX signin_session_issuers ON signin_session (issuer_session);
