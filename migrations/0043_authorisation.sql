-- Who works as something that takes an authorisation, and when the register of health personnel is asked about them next.
CREATE TABLE authorisation (
    practitioner text NOT NULL COLLATE "C" PRIMARY KEY,
    due          timestamptz NOT NULL
);
CREATE INDEX authorisation_due ON authorisation (due);
GRANT SELECT, INSERT, UPDATE, DELETE ON authorisation TO akson_app;
-- Everybody who works somewhere already is asked about first.
INSERT INTO authorisation (practitioner, due)
SELECT DISTINCT split_part(data::json -> 'value' ->> 'practitioner', '/', 2), now() FROM fact
 WHERE kind = 'employment' AND data::json -> 'value' ->> 'practitioner' LIKE 'Practitioner/%';
