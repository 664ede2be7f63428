-- Nobody comes to a unit that is closed. Whoever brings a relation, an employment or a unit below it holds on to the unit until that
-- is written; who closes it waits for them and counts then (akson/record/occupied.py), and who comes later is refused. What stood
-- before may be written again as it was, and what is over may be told of any unit.
CREATE FUNCTION fact_joins_v1() RETURNS trigger
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
BEGIN
  IF NEW.kind = 'unit' AND (NEW.data::json #>> '{value,closed}')::boolean
     OR (NEW.data::json #>> '{value,end}')::timestamptz <= now()
     OR EXISTS (SELECT FROM owner o WHERE o.owner = NEW.owner AND strpos(o.facts, NEW.data) > 0) THEN
    RETURN NULL;
  END IF;
  PERFORM FROM owner o WHERE o.owner = NEW.unit FOR KEY SHARE;
  IF FOUND AND NOT EXISTS (SELECT FROM fact u WHERE u.owner = NEW.unit AND u.kind = 'unit'
                              AND (u.data::json #>> '{value,closed}')::boolean IS NOT TRUE) THEN
    RAISE EXCEPTION 'unit is closed' USING ERRCODE = 'AK011';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER fact_joins AFTER INSERT ON fact FOR EACH ROW
  WHEN (NEW.unit <> 0 AND NEW.kind IN ('relation', 'employment', 'unit')) EXECUTE FUNCTION fact_joins_v1();
