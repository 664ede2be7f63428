-- What apps were let in by whom, into which record, and when: people see it and take it back.

ALTER TABLE smart_grant ADD COLUMN person text NOT NULL DEFAULT '',           -- who gave it: "Patient/x", "Practitioner/x"
                        ADD COLUMN about bigint NOT NULL DEFAULT 0,           -- owner key of the record; 0: none in particular
                        ADD COLUMN begun_at timestamptz NOT NULL DEFAULT now();
UPDATE smart_grant SET person = content #>> '{actor,id}', about = (content ->> 'context')::bigint;
ALTER TABLE smart_grant ALTER COLUMN person DROP DEFAULT, ALTER COLUMN about DROP DEFAULT,
                        ALTER COLUMN begun_at DROP DEFAULT;
CREATE INDEX smart_grant_person ON smart_grant (person);
CREATE INDEX smart_grant_about ON smart_grant (about) WHERE about <> 0;
