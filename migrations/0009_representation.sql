-- Who acts for somebody is named by number, and the number may come to be somebody's before or after: a mother who is
-- registered after her child, a number that is corrected. Rows of `fact` of the kind "representation" carry the number
-- ("system|value") as value.named, and the holder of that number as person, 0 while nobody holds it. Both sides meet in
-- the row of the number in person_identifier, which stands there with owner 0 while it is only named: whoever comes
-- second waits for the first, and sees what the first has written.

CREATE INDEX fact_named ON fact ((data::json #>> '{value,named}')) WHERE kind = 'representation';

-- A fact that names a number: takes the number's row, and says who holds it now.
CREATE FUNCTION fact_names_v1() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  named text := NEW.data::json #>> '{value,named}';
BEGIN
  INSERT INTO person_identifier AS p (system, value, owner)
  VALUES (split_part(named, '|', 1), substr(named, strpos(named, '|') + 1), 0)
      ON CONFLICT (system, value) DO UPDATE SET owner = p.owner
  RETURNING p.owner INTO NEW.person;
  NEW.data := regexp_replace(NEW.data, '"person":-?\d+', format('"person":%s', NEW.person));
  RETURN NEW;
END $$;
CREATE TRIGGER fact_names BEFORE INSERT ON fact FOR EACH ROW
  WHEN (NEW.kind = 'representation' AND NEW.data::json #>> '{value,named}' IS NOT NULL) EXECUTE FUNCTION fact_names_v1();

-- A number that nobody holds and nothing names any more is forgotten.
CREATE FUNCTION fact_named_v1() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  named text := OLD.data::json #>> '{value,named}';
BEGIN
  DELETE FROM person_identifier p
   WHERE p.system = split_part(named, '|', 1) AND p.value = substr(named, strpos(named, '|') + 1) AND p.owner = 0
     AND NOT EXISTS (SELECT FROM fact f WHERE f.kind = 'representation' AND f.data::json #>> '{value,named}' = named);
  RETURN NULL;
END $$;
CREATE TRIGGER fact_named AFTER DELETE ON fact FOR EACH ROW
  WHEN (OLD.kind = 'representation' AND OLD.person = 0) EXECUTE FUNCTION fact_named_v1();

-- A number that comes to be somebody's takes over the row in which it was only named; one that is taken is refused.
CREATE FUNCTION person_identifier_taken_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO person_identifier AS p (system, value, owner) VALUES (NEW.system, NEW.value, NEW.owner)
      ON CONFLICT (system, value) DO UPDATE SET owner = excluded.owner WHERE p.owner = 0;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'number is taken' USING ERRCODE = 'unique_violation', CONSTRAINT = 'person_identifier_pkey';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER person_identifier_taken BEFORE INSERT ON person_identifier FOR EACH ROW
  WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION person_identifier_taken_v1();

-- When all is written: whoever is named by a number that changed hands is the one who holds it now. Under the locks of the
-- owners whose facts these are; a Patient that is written again with the same number changes nothing.
CREATE FUNCTION person_identifier_held_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  the_system text := coalesce(NEW.system, OLD.system);
  the_value text := coalesce(NEW.value, OLD.value);
  the_name text := the_system || '|' || the_value;
  holder bigint;
  owners bigint[];
BEGIN
  IF NOT EXISTS (SELECT FROM fact f WHERE f.kind = 'representation' AND f.data::json #>> '{value,named}' = the_name) THEN
    RETURN NULL;
  END IF;
  INSERT INTO person_identifier AS p (system, value, owner) VALUES (the_system, the_value, 0)
      ON CONFLICT (system, value) DO UPDATE SET owner = p.owner
  RETURNING p.owner INTO holder;
  SELECT array_agg(o.owner) INTO owners FROM (
    SELECT k.owner FROM owner k
     WHERE k.owner IN (SELECT f.owner FROM fact f WHERE f.kind = 'representation'
                          AND f.data::json #>> '{value,named}' = the_name AND f.person <> holder)
     ORDER BY k.owner FOR NO KEY UPDATE) o;
  IF owners IS NULL THEN RETURN NULL; END IF;
  UPDATE fact f SET person = holder, data = regexp_replace(f.data, '"person":-?\d+', format('"person":%s', holder))
   WHERE f.kind = 'representation' AND f.data::json #>> '{value,named}' = the_name AND f.person <> holder
     AND f.owner = ANY (owners);
  UPDATE owner o SET facts_rev = o.facts_rev + 1,
         facts = (SELECT '[' || string_agg(f.data, ',' ORDER BY f.type, f.id, f.n) || ']' FROM fact f WHERE f.owner = o.owner)
   WHERE o.owner = ANY (owners);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER person_identifier_comes AFTER INSERT ON person_identifier DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.owner <> 0) EXECUTE FUNCTION person_identifier_held_v1();
CREATE CONSTRAINT TRIGGER person_identifier_moves AFTER UPDATE ON person_identifier DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.owner <> OLD.owner) EXECUTE FUNCTION person_identifier_held_v1();
CREATE CONSTRAINT TRIGGER person_identifier_goes AFTER DELETE ON person_identifier DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.owner <> 0) EXECUTE FUNCTION person_identifier_held_v1();
