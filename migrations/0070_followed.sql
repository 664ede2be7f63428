-- Whom the privacy officer of an organisation has the log followed more closely for: why, until and including which day, and who says
-- so. A mark from before, which came from a finding and had no end, lasts a year from when it was made.
ALTER TABLE watch_known
    ADD COLUMN id      uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN reason  text NOT NULL DEFAULT '',
    ADD COLUMN until   date,
    ADD COLUMN by_name text NOT NULL DEFAULT '';
UPDATE watch_known SET until = (at AT TIME ZONE 'Europe/Oslo')::date + 365;
ALTER TABLE watch_known ALTER COLUMN until SET NOT NULL;
