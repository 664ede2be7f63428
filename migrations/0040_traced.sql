-- A write that is carried out brings its row of the access log along, in the same call and commit; see
-- docs/adr/0012-let-a-write-carry-its-trace.md. What writes rows of the log is a function now, for that call and the log's own.

-- Write rows of one stream and their projection. Returns the number of the last.
--
-- the_stream, first   the stream, and the number of the first row
-- a_*                 those who act, each once
-- who ... leaf        one per row; who: which of those who act; patients: array literals; seen: JSON; leaf: in hexadecimal
CREATE FUNCTION access_append_v1(
  the_stream bigint, first bigint,
  a_kind text[], a_id text[], a_key bigint[], a_name text[], a_role text[], a_unit bigint[], a_unit_name text[],
  a_controller bigint[], a_controller_name text[], a_signed_in text[],
  r_who integer[], r_at timestamptz[], r_purpose text[], r_screen text[], r_request text[], r_outcome text[], r_reason text[],
  r_patients text[], r_seen text[], r_leaf text[]
) RETURNS bigint
-- Planned once per connection. Who makes the log's partitions holds up nobody's write for long.
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET lock_timeout = '3s' AS $$
#variable_conflict use_column
BEGIN
  WITH written AS (
    INSERT INTO access_log (stream, seq, at, actor_kind, actor_id, actor_key, actor_name, actor_role, unit, unit_name,
                            controller, controller_name, signed_in, purpose, screen, request, outcome, reason,
                            patients, seen, leaf)
    SELECT the_stream, first + n - 1, r_at[n], a_kind[r_who[n]], a_id[r_who[n]], a_key[r_who[n]], a_name[r_who[n]],
           a_role[r_who[n]], a_unit[r_who[n]], a_unit_name[r_who[n]], a_controller[r_who[n]], a_controller_name[r_who[n]],
           a_signed_in[r_who[n]], r_purpose[n], r_screen[n], r_request[n], r_outcome[n], r_reason[n],
           r_patients[n]::bigint[], r_seen[n]::jsonb, decode(r_leaf[n], 'hex')
      FROM generate_subscripts(r_who, 1) AS n
    RETURNING stream, seq, at, patients
  )
  INSERT INTO access_log_patient (patient, at, stream, seq)
  SELECT unnest(patients), at, stream, seq FROM written;
  RETURN first + cardinality(r_who) - 1;
END $$;
GRANT EXECUTE ON FUNCTION access_append_v1 TO akson_app;
