-- What Adresseregisteret said of each party outside, and when it is asked about it next.
CREATE TABLE address_register (
    her_id     bigint NOT NULL PRIMARY KEY,
    due        timestamptz NOT NULL,
    asked      timestamptz,                        -- when it last knew the party
    missing    timestamptz,                        -- when it first knew it no more
    gone       timestamptz,                        -- since when nothing goes to it
    endpoint   text NOT NULL DEFAULT '',           -- how it was reached before that
    signing    text NOT NULL DEFAULT '',           -- thumbprint of the certificate it signs with, as the register names it
    encryption text NOT NULL DEFAULT '',           -- and of the one that is encrypted to
    why        text NOT NULL DEFAULT ''            -- why there was no answer the last time; '' after one
);
CREATE INDEX address_register_due ON address_register (due);
GRANT SELECT, INSERT, UPDATE, DELETE ON address_register TO akson_app;
