-- The page that somebody was at when the screen was locked: kept with the session, so that it stands in no address that the
-- next one at the screen could read.
ALTER TABLE signin_session ADD COLUMN page text;
