-- Each parameter of a call costs about a microsecond, whatever it holds: its cast, and its place in the function. Rows of the log
-- come few at a time and had twenty; all they say is text, or is read from it, so they come as three columns now.

-- Write rows of one stream and their projection, as access_append_v1 does, which stays for who serves by
-- the release before while this is carried out. Returns the number of the last.
--
-- the_stream, first   the stream, and the number of the first row
-- acting              those who act, each once, ten texts each, one after the other: kind, id, key, name, role, unit, its name,
--                     data controller, its name, how signed in
-- told                the rows, nine texts each: how many texts stand before those of who acts, instant, purpose, screen,
--                     request, outcome, reason, patients as an array literal, leaf in hexadecimal
-- seen                what each of them showed or refused, as JSON; a column of its own, since it must be quoted
CREATE FUNCTION access_append_v2(the_stream bigint, first bigint, acting text[], told text[], seen text[]) RETURNS bigint
-- Planned once per connection. Who makes the log's partitions holds up nobody's write for long.
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET lock_timeout = '3s' AS $$
#variable_conflict use_column
BEGIN
  WITH written AS (
    INSERT INTO access_log (stream, seq, at, actor_kind, actor_id, actor_key, actor_name, actor_role, unit, unit_name,
                            controller, controller_name, signed_in, purpose, screen, request, outcome, reason,
                            patients, seen, leaf)
    SELECT the_stream, first + n, told[r + 2]::timestamptz, acting[w + 1], acting[w + 2], acting[w + 3]::bigint, acting[w + 4],
           acting[w + 5], acting[w + 6]::bigint, acting[w + 7], acting[w + 8]::bigint, acting[w + 9], acting[w + 10],
           told[r + 3], told[r + 4], told[r + 5], told[r + 6], told[r + 7],
           told[r + 8]::bigint[], access_append_v2.seen[n + 1]::jsonb, decode(told[r + 9], 'hex')
      FROM (SELECT n, 9 * n AS r, told[9 * n + 1]::integer AS w
              FROM generate_series(0, cardinality(access_append_v2.seen) - 1) AS n OFFSET 0) AS place
    RETURNING stream, seq, at, patients
  )
  INSERT INTO access_log_patient (patient, at, stream, seq)
  SELECT unnest(patients), at, stream, seq FROM written;
  RETURN first + cardinality(access_append_v2.seen) - 1;
END $$;
GRANT EXECUTE ON FUNCTION access_append_v2 TO akson_app;
