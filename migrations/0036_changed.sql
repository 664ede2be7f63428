-- Whose facts changed since a moment: a search asks only about those, where it asked for the revision of everybody whose
-- records it may find.
--
-- facts_tx is the transaction that changed the facts last. "Since" is a snapshot, not a number: a transaction may commit
-- later than one with a higher number, and what a snapshot does not hold yet counts as changed until it does
-- (circles_changed in akson/record/reading.sql).
--
-- Of an installation that is brought back into another database (pg_dump) the numbers are of the other one: a number
-- that is not given out yet is of no change here, so it is passed over.
ALTER TABLE owner ADD COLUMN facts_tx xid8 NOT NULL DEFAULT '0';
ALTER TABLE owner ALTER COLUMN facts_tx SET DEFAULT pg_current_xact_id();  -- of new owners; those that stand keep 0

CREATE FUNCTION owner_facts_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.facts_tx := pg_current_xact_id();
  RETURN NEW;
END $$;
-- Whoever changes the facts raises their revision, so nobody who does can forget it.
CREATE TRIGGER owner_facts BEFORE UPDATE OF facts_rev ON owner FOR EACH ROW EXECUTE FUNCTION owner_facts_v1();

CREATE INDEX owner_changed ON owner (facts_tx);
