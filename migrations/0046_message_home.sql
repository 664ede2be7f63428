-- Whose a message is: the organisation of the unit that sent it, or of the address it came to. 0: nobody knows.
-- A unit that is there no more leaves its messages to the organisation its address is part of, else to nobody (-1).
CREATE FUNCTION message_home_v1(sent_by bigint, her bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT coalesce(nullif(f.unit, 0), f.owner) FROM fact f
      WHERE f.kind = 'unit' AND f.owner = coalesce(nullif(sent_by, 0), (SELECT a.unit FROM address a WHERE a.her_id = her))),
    (SELECT nullif(p.unit, 0) FROM address a JOIN address p ON p.her_id = a.parent WHERE a.her_id = her),
    CASE WHEN sent_by = 0 THEN 0 ELSE -1 END)
$$;
-- Whether a message belongs to one of these organisations; null: to any. A function, since for the comparison itself the
-- planner takes nearly all messages to be others', and reads and sorts the lot.
CREATE FUNCTION message_of_v1(homes bigint[], sent_by bigint, her bigint) RETURNS boolean LANGUAGE sql STABLE COST 300 AS $$
  SELECT CASE WHEN homes IS NULL THEN true ELSE (SELECT message_home_v1(sent_by, her)) = ANY (homes) END
$$;
REVOKE EXECUTE ON FUNCTION message_home_v1, message_of_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION message_home_v1, message_of_v1 TO akson_app;
