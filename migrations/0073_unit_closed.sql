-- Whether nobody works at a unit any more: it is closed, or was removed. A message to it is not filed where nobody reads it.
CREATE FUNCTION unit_closed_v1(asked bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM owner o WHERE o.owner = asked)
     AND NOT EXISTS (SELECT FROM fact u WHERE u.owner = asked AND u.kind = 'unit'
                        AND (u.data::json #>> '{value,closed}')::boolean IS NOT TRUE)
$$;
REVOKE EXECUTE ON FUNCTION unit_closed_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION unit_closed_v1 TO akson_app;
