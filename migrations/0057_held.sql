-- While a hold stands on a record nothing of it is erased, whoever decided and on what ground. It is asked here, under the owner's lock:
-- who sets a hold waits for the same lock, so a hold that stands is never missed, and what is being erased was decided before it.
CREATE FUNCTION journal_erase_v3(at timestamptz, the_owner bigint, rev bigint, types smallint[], ids text[], decision text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM owner o WHERE o.owner = the_owner FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM hold h WHERE h.owner = the_owner AND h.ended IS NULL) THEN
    RAISE EXCEPTION 'on hold' USING ERRCODE = 'AK023';
  END IF;
  RETURN journal_erase_v2(at, the_owner, rev, types, ids, decision);
END $$;
COMMENT ON FUNCTION journal_erase_v2 IS 'does not ask for holds: of the end of records, which has asked, and of what a restore brought back';
REVOKE ALL ON FUNCTION journal_erase_v3 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_erase_v3 TO akson_eraser;
