-- Who is followed more closely is followed by national number, whether or not anybody here has it: patient is 0 then, and whose record it
-- is, is asked when looks are judged. A mark from a finding is still on a record, with number ''. A mark goes some time after its last day.
ALTER TABLE watch_known
    ADD COLUMN number text COLLATE "C" NOT NULL DEFAULT '',
    DROP CONSTRAINT watch_known_pkey,
    ADD PRIMARY KEY (controller, patient, number, at),
    ADD CHECK ((patient = 0) = (number <> ''));
GRANT DELETE ON watch_known TO akson_app;
