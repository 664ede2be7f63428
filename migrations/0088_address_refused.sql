-- Addresses of ours that the message server does not let us fetch for: each is asked for alone, and seldom.
CREATE TABLE address_refused (
    her_id bigint NOT NULL PRIMARY KEY,
    asked  timestamptz NOT NULL   -- the last time
);
GRANT SELECT, INSERT, UPDATE, DELETE ON address_refused TO akson_app;
