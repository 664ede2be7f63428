-- The locks of a write set that concerns national numbers, all of them taken before it writes, each kind in its order: first
-- the rows of the numbers that come, go or are named, then the owners - those of the set, and those whose facts name a number
-- that changes hands, which person_identifier_held_v1 writes at the end. Who holds a number or names it changes under the
-- number's row only, so nobody concerned can appear once that is locked.

-- A row that only locks its number, with owner 0, is not somebody who takes it.
CREATE OR REPLACE TRIGGER person_identifier_taken BEFORE INSERT ON person_identifier FOR EACH ROW
  WHEN (pg_trigger_depth() = 0 AND NEW.owner <> 0) EXECUTE FUNCTION person_identifier_taken_v1();

-- Returns o_key, so that it is called before the writing in the same statement.
--
-- o_key  the owners of the set; new ones are not there yet and need no lock
-- h_*    one per resource that is changed or erased and may hold or name numbers: owner, type, id. Numbers are looked up
--        before the locks: where they changed meanwhile the version did too, and the writing refuses the set
-- i_*    numbers that come: system, value, whose; f_data: facts that come
CREATE FUNCTION journal_lock_v1(
  o_key bigint[], h_owner bigint[], h_type smallint[], h_id text[],
  i_system text[], i_value text[], i_owner bigint[], f_data text[]
) RETURNS bigint[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  concerned bigint[];
BEGIN
  INSERT INTO person_identifier AS p (system, value, owner)
  SELECT n.system, n.value, 0 FROM (
    SELECT i.system, i.value FROM unnest(i_system, i_value) AS i (system, value)
    UNION
    SELECT s.system, s.value FROM unnest(h_owner, h_type) AS h (owner, type)
      JOIN owner o ON o.owner = h.owner AND o.type = h.type JOIN person_identifier s ON s.owner = h.owner
    UNION
    SELECT split_part(d.named, '|', 1), substr(d.named, strpos(d.named, '|') + 1) FROM (
      SELECT f.data::json #>> '{value,named}' FROM unnest(f_data) AS f (data)
       WHERE f.data::json ->> 'kind' = 'representation'
      UNION ALL
      SELECT f.data::json #>> '{value,named}' FROM unnest(h_owner, h_type, h_id) AS h (owner, type, id)
        JOIN fact f ON f.owner = h.owner AND f.type = h.type AND f.id = h.id AND f.kind = 'representation'
    ) d (named) WHERE d.named IS NOT NULL
  ) n ORDER BY n.system, n.value
      ON CONFLICT (system, value) DO UPDATE SET owner = p.owner;

  WITH comes AS (
    SELECT * FROM unnest(i_system, i_value, i_owner) AS i (system, value, owner)
  ), stands AS (
    SELECT s.system, s.value, s.owner FROM unnest(h_owner, h_type) AS h (owner, type)
      JOIN owner o ON o.owner = h.owner AND o.type = h.type JOIN person_identifier s ON s.owner = h.owner
  ), moves AS (
    (SELECT * FROM comes EXCEPT SELECT * FROM stands) UNION (SELECT * FROM stands EXCEPT SELECT * FROM comes)
  )
  SELECT array_agg(f.owner) INTO concerned
    FROM moves m JOIN fact f ON f.kind = 'representation' AND f.data::json #>> '{value,named}' = m.system || '|' || m.value;
  PERFORM FROM owner k WHERE k.owner = ANY (o_key || concerned) ORDER BY k.owner FOR NO KEY UPDATE;
  RETURN o_key;
END $$;
REVOKE ALL ON FUNCTION journal_lock_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_lock_v1 TO akson_app, akson_eraser;
