CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

CREATE FUNCTION public.access_append_v1(the_stream bigint, first bigint, a_kind text[], a_id text[], a_key bigint[], a_name text[], a_role text[], a_unit bigint[], a_unit_name text[], a_controller bigint[], a_controller_name text[], a_signed_in text[], r_who integer[], r_at timestamp with time zone[], r_purpose text[], r_screen text[], r_request text[], r_outcome text[], r_reason text[], r_patients text[], r_seen text[], r_leaf text[]) RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET lock_timeout TO '3s'
    AS $$
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

CREATE FUNCTION public.access_append_v2(the_stream bigint, first bigint, acting text[], told text[], seen text[]) RETURNS bigint
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET lock_timeout TO '3s'
    AS $$
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

CREATE FUNCTION public.access_drop_v2(month date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '100ms'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_mergejoin TO 'off'
    AS $_$
DECLARE
    part text := to_char(month, '_YYYY_MM');
    after timestamptz := month + interval '1 month';
    standing bigint[];
    staying bigint;
BEGIN
    IF after > clock_timestamp() - interval '1 year' THEN
        RAISE EXCEPTION 'nothing of the last year is taken away';
    END IF;
    SELECT array_agg(DISTINCT few.stream), sum(few.told) INTO standing, staying FROM (
        SELECT s.stream, 1 + cardinality(l.patients) AS told
          FROM access_stream s
         CROSS JOIN LATERAL (SELECT h.patients FROM access_log h WHERE h.stream = s.stream AND h.at >= month AND h.at < after
                             OFFSET 0) l
         WHERE NOT EXISTS (SELECT FROM (SELECT unnest(r.streams) AS stream FROM access_removal r) g WHERE g.stream = s.stream)
         LIMIT 10001) few;
    IF staying > 10000 THEN  -- more would keep those who write waiting
        RETURN NULL;
    END IF;
    LOCK TABLE access_stream IN SHARE UPDATE EXCLUSIVE MODE;  -- in turn with access_log_ahead
    IF to_regclass('access_log_patient' || part) IS NOT NULL THEN
        EXECUTE format('ALTER TABLE access_log_patient DETACH PARTITION %I', 'access_log_patient' || part);
        EXECUTE format('INSERT INTO access_log_patient SELECT k.* FROM (
                            SELECT DISTINCT unnest(l.patients) AS patient, l.at, l.stream, l.seq FROM access_log l
                             WHERE l.stream = ANY ($1) AND l.at >= $2 AND l.at < $3) n
                         CROSS JOIN LATERAL (
                            SELECT p.* FROM %I p
                             WHERE p.patient = n.patient AND p.at = n.at AND p.stream = n.stream AND p.seq = n.seq OFFSET 0) k',
                       'access_log_patient' || part) USING standing, month::timestamptz, after;
        EXECUTE format('DROP TABLE %I', 'access_log_patient' || part);
    END IF;
    IF to_regclass('access_log' || part) IS NOT NULL THEN
        EXECUTE format('ALTER TABLE access_log DETACH PARTITION %I', 'access_log' || part);
        EXECUTE format('INSERT INTO access_log SELECT * FROM %I p WHERE p.stream = ANY ($1)', 'access_log' || part)
          USING standing;
        EXECUTE format('DROP TABLE %I', 'access_log' || part);
    END IF;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $_$;

CREATE FUNCTION public.access_log_ahead(day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    SET lock_timeout TO '1s'
    SET "TimeZone" TO 'UTC'
    AS $_$
DECLARE
    parent text;
    first date;
    busy boolean;
    turn boolean := false;
BEGIN
    FOREACH parent IN ARRAY ARRAY['access_log', 'access_log_patient'] LOOP
        FOR ahead IN 0..2 LOOP
            first := date_trunc('month', day) + make_interval(months => ahead);
            CONTINUE WHEN to_regclass(parent || to_char(first, '_YYYY_MM')) IS NOT NULL;
            IF NOT turn THEN
                BEGIN
                    LOCK TABLE access_stream IN SHARE UPDATE EXCLUSIVE MODE;  -- keeps nobody from using it
                EXCEPTION WHEN lock_not_available THEN
                    RETURN;  -- another process takes long over it: the default partition takes the rows
                END;
                turn := true;
                CONTINUE WHEN to_regclass(parent || to_char(first, '_YYYY_MM')) IS NOT NULL;
            END IF;
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE at >= $1 AND at < $2)', parent || '_default')
               INTO busy USING first, first + interval '1 month';
            CONTINUE WHEN busy;
            BEGIN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                               parent || to_char(first, '_YYYY_MM'), parent, first, first + interval '1 month');
            EXCEPTION WHEN lock_not_available OR duplicate_table OR unique_violation OR check_violation THEN
                NULL;  -- readers hold the table: the default partition takes the rows
            END;
        END LOOP;
    END LOOP;
END $_$;

CREATE FUNCTION public.access_remove_rows_v1(number bigint, stream bigint, first bigint, upto bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_variable
DECLARE
    until timestamptz;
    counted bigint;
    took bigint;
    latest timestamptz;
    held boolean;
BEGIN
    SELECT r.before, r.rows[array_position(r.streams, stream)] INTO until, counted FROM access_removal r WHERE r.number = number;
    WITH gone AS (
        DELETE FROM access_log l WHERE l.stream = stream AND l.seq BETWEEN first AND upto RETURNING l.patients, l.at, l.seq
    ), named AS (
        SELECT unnest(g.patients) AS patient, g.at, g.seq FROM gone g
    ), projected AS (
        DELETE FROM access_log_patient p USING named n
         WHERE p.patient = n.patient AND p.at = n.at AND p.stream = stream AND p.seq = n.seq
    )
    SELECT count(*), max(g.at), coalesce(bool_or(EXISTS (SELECT FROM hold h WHERE h.owner = ANY (g.patients) AND h.ended IS NULL)), false)
      INTO took, latest, held FROM gone g;
    IF counted IS NULL OR took <> least(counted, upto) - first + 1 OR latest >= until OR held THEN
        RAISE EXCEPTION 'the rows are not those that may go';
    END IF;
    UPDATE access_seal s SET prints = '' WHERE s.stream = stream AND s.from_seq BETWEEN first AND upto;
END $$;

CREATE FUNCTION public.access_remove_v2(number bigint, at timestamp with time zone, before timestamp with time zone, streams bigint[], rows bigint[], digests bytea, previous bytea, signature bytea, key_id text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '500ms'
    AS $$
#variable_conflict use_variable
BEGIN
    IF before > clock_timestamp() - interval '1 year' THEN
        RAISE EXCEPTION 'nothing of the last year is taken away';
    END IF;
    IF number <> (SELECT coalesce(max(r.number), 0) + 1 FROM access_removal r) THEN
        RETURN false;
    END IF;
    BEGIN  -- the number keeps another process away until this one has ended
        INSERT INTO access_removal VALUES (number, at, before, streams, rows, digests, previous, signature, key_id)
            ON CONFLICT DO NOTHING;
    EXCEPTION WHEN lock_not_available THEN
        RETURN false;
    END;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- What surveillance found goes too: some of it with each batch, which has far more rows than it had findings.
    WITH old AS MATERIALIZED (
        SELECT f.id FROM finding f
         WHERE f.last < before AND NOT EXISTS (SELECT FROM hold h WHERE h.owner = f.patient AND h.ended IS NULL) LIMIT 5000
    ), told AS (
        DELETE FROM finding_outcome o USING old WHERE o.finding = old.id
    )
    DELETE FROM finding f USING old WHERE f.id = old.id;
    RETURN true;
END $$;

CREATE FUNCTION public.exchange_erase_v1(the_owner bigint, ids text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
  emptied bigint;
  more bigint;
BEGIN
  UPDATE message_in SET body = NULL, sealed = NULL, handled_why = ''
   WHERE owner = the_owner AND filed_as = ANY (ids) AND body IS NOT NULL;
  GET DIAGNOSTICS emptied = ROW_COUNT;
  UPDATE message_move v SET why = '' FROM message_out m
   WHERE m.owner = the_owner AND m.told_of = ANY (ids) AND v.owner = m.owner AND v.key = m.key;
  UPDATE message_out SET fault_text = 'Slettet før den ble sendt.', state = 'failed'
   WHERE owner = the_owner AND told_of = ANY (ids) AND state = 'queued';
  UPDATE message_out SET body = NULL WHERE owner = the_owner AND told_of = ANY (ids) AND body IS NOT NULL;
  GET DIAGNOSTICS more = ROW_COUNT;
  RETURN emptied + more;
END $$;

CREATE FUNCTION public.fact_joins_v1() RETURNS trigger
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

CREATE FUNCTION public.fact_named_v1() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
  named text := OLD.data::json #>> '{value,named}';
BEGIN
  DELETE FROM person_identifier p
   WHERE p.system = split_part(named, '|', 1) AND p.value = substr(named, strpos(named, '|') + 1) AND p.owner = 0
     AND NOT EXISTS (SELECT FROM fact f WHERE f.kind = 'representation' AND f.data::json #>> '{value,named}' = named);
  RETURN NULL;
END $$;

CREATE FUNCTION public.fact_names_v1() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
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

CREATE FUNCTION public.journal_analyze_v1(name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
BEGIN
  IF name NOT IN ('owner', 'resource', 'resource_version', 'locator', 'fact', 'person_identifier', 'search_token', 'search_group',
                  'search_reference', 'search_string', 'search_date', 'search_number', 'search_text', 'search_display') THEN
    RAISE EXCEPTION 'not a table of the journal' USING ERRCODE = 'insufficient_privilege';
  END IF;
  EXECUTE format('ANALYZE %I', name);
EXCEPTION WHEN lock_not_available THEN
  NULL;  -- somebody else is at it
END $$;

CREATE FUNCTION public.journal_current_v1(owners bigint[], types smallint[], ids text[]) RETURNS TABLE(owner bigint, type smallint, id text, version integer, last_updated timestamp with time zone, unit bigint, author bigint, labels text[], about bigint[], deleted boolean, body bytea, facts_rev bigint, facts text, owner_type smallint)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT r.owner, r.type, r.id, r.version, r.last_updated, r.unit, r.author, r.labels, r.about, r.deleted,
                      v.body, o.facts_rev, o.facts, o.type
    FROM unnest(owners, types, ids) AS k (owner, type, id)
    JOIN resource r ON r.owner = k.owner AND r.type = k.type AND r.id = k.id
    JOIN resource_version v ON v.owner = r.owner AND v.type = r.type AND v.id = r.id AND v.version = r.version
    JOIN owner o ON o.owner = r.owner;
END $$;

CREATE FUNCTION public.journal_erase_v2(at timestamp with time zone, the_owner bigint, rev bigint, types smallint[], ids text[], decision text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
  entry bigint;
  found integer;
  stood bigint[];
BEGIN
  UPDATE owner o SET chain_seq = o.chain_seq + 1, last_updated = greatest(at, o.last_updated + interval '1 ms')
   WHERE o.owner = the_owner AND o.facts_rev = rev RETURNING o.chain_seq INTO entry;
  IF entry IS NULL THEN RAISE EXCEPTION 'facts changed' USING ERRCODE = 'AK008'; END IF;

  INSERT INTO erasure (owner, seq, type, id, leaves, decision)
  SELECT the_owner, entry, v.type, v.id,
         json_agg(json_build_array(v.version, encode(journal_leaf_v1(v), 'hex'), v.method, v.author,
                                  (extract(epoch FROM v.last_updated) * 1000000)::bigint) ORDER BY v.version)::text,
         journal_erase_v2.decision
    FROM resource_version v
   WHERE v.owner = the_owner AND (v.type, v.id) IN (SELECT * FROM unnest(types, ids)) AND v.salt IS NOT NULL
   GROUP BY v.type, v.id;
  GET DIAGNOSTICS found = ROW_COUNT;
  IF found <> cardinality(ids) THEN RAISE EXCEPTION 'erased already' USING ERRCODE = 'AK002'; END IF;

  UPDATE resource_version v SET body = NULL, salt = NULL
   WHERE v.owner = the_owner AND (v.type, v.id) IN (SELECT * FROM unnest(types, ids));
  SELECT array_agg(DISTINCT t.token) INTO stood FROM resource r CROSS JOIN LATERAL unnest(r.tokens) AS t (token)
   WHERE r.owner = the_owner AND (r.type, r.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM search_token s USING resource r
   WHERE r.owner = the_owner AND (r.type, r.id) IN (SELECT * FROM unnest(types, ids))
     AND s.token = ANY (r.tokens) AND s.owner = r.owner AND s.id = r.id;
  DELETE FROM search_group s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM search_reference s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM search_string s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM search_date s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM search_number s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM search_text s USING unnest(types, ids) AS k (type, id)
   WHERE (s.owner # (hashtext(s.id) & 2147483647)) = (the_owner # (hashtext(k.id) & 2147483647)) AND s.id = k.id AND s.type = k.type;
  DELETE FROM worklist w WHERE w.owner = the_owner AND (w.type, w.id) IN (SELECT * FROM unnest(types, ids));
  DELETE FROM fact f WHERE f.owner = the_owner AND (f.type, f.id) IN (SELECT * FROM unnest(types, ids))
     AND NOT (f.kind = 'labelled' AND f.data::jsonb #> '{value,security}' ? 'child-concern');
  DELETE FROM person_identifier p USING owner o
   WHERE p.owner = the_owner AND o.owner = the_owner AND o.type = ANY (types);
  UPDATE resource r SET deleted = true, labels = '{}', about = '{}', tokens = '{}', sort_date = r.last_updated
   WHERE r.owner = the_owner AND (r.type, r.id) IN (SELECT * FROM unnest(types, ids));

  WITH leaf AS (
    SELECT e.type, e.id, sha256(convert_to(concat_ws('|', 'erased', e.owner, e.seq, e.type, e.id, e.leaves, e.decision),
                                           'UTF8')) AS leaf
      FROM erasure e WHERE e.owner = the_owner AND e.seq = entry
  ), total AS (
    SELECT count(*)::integer AS leaves, sha256(string_agg(l.leaf, '' ORDER BY l.type, l.id)) AS digest,
           string_agg(substr(l.leaf, 1, 8), '' ORDER BY l.type, l.id) AS prints
      FROM leaf l
  ), linked AS (
    INSERT INTO chain (owner, seq, at, leaves, digest, prints, head)
    SELECT o.owner, entry, o.last_updated, t.leaves, t.digest, t.prints, sha256(o.head || int8send(entry) || t.digest)
      FROM owner o, total t WHERE o.owner = the_owner
    RETURNING head
  )
  UPDATE owner o SET head = linked.head, facts_rev = o.facts_rev + 1, facts = g.facts, restricted = g.restricted
    FROM linked, (SELECT coalesce('[' || string_agg(f.data, ',' ORDER BY f.type, f.id, f.n) || ']', '[]') AS facts,
                         coalesce(bool_or(f.kind IN ('block', 'protection', 'labelled')), false) AS restricted
                    FROM fact f WHERE f.owner = the_owner) g
   WHERE o.owner = the_owner;

  -- News of an erasure carries version 0: those who keep copies of the content let go of it.
  INSERT INTO news (owner, seq, bucket, at, types, ids, versions)
  SELECT o.owner, entry, (o.owner & 63)::smallint, o.last_updated, journal_erase_v2.types, journal_erase_v2.ids,
         array_fill(0, ARRAY[cardinality(journal_erase_v2.ids)])
    FROM owner o WHERE o.owner = the_owner;
  PERFORM search_display_end_v1(the_owner, stood);
  RETURN entry;
END $$;

COMMENT ON FUNCTION public.journal_erase_v2(at timestamp with time zone, the_owner bigint, rev bigint, types smallint[], ids text[], decision text) IS 'does not ask for holds: of the end of records, which has asked, and of what a restore brought back';

CREATE FUNCTION public.journal_erase_v3(at timestamp with time zone, the_owner bigint, rev bigint, types smallint[], ids text[], decision text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
  PERFORM FROM owner o WHERE o.owner = the_owner FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM hold h WHERE h.owner = the_owner AND h.ended IS NULL) THEN
    RAISE EXCEPTION 'on hold' USING ERRCODE = 'AK023';
  END IF;
  RETURN journal_erase_v2(at, the_owner, rev, types, ids, decision);
END $$;

CREATE FUNCTION public.journal_export_v1(owners bigint[], kind smallint, since timestamp with time zone, upto timestamp with time zone, a_at timestamp with time zone, a_owner bigint, a_n integer, bare boolean, most integer) RETURNS TABLE(owner bigint, type smallint, id text, version integer, last_updated timestamp with time zone, n integer, unit bigint, author bigint, labels text[], about bigint[], deleted boolean, body bytea, facts_rev bigint, facts text, owner_type smallint)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_sort TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  IF owners IS NULL THEN
    RETURN QUERY
    WITH found AS MATERIALIZED (
      SELECT v.* FROM resource_version v
       WHERE v.type = kind AND v.last_updated > since AND v.last_updated >= a_at AND v.last_updated <= upto
         AND (v.last_updated, v.owner, v.n) > (a_at, a_owner, a_n)
         AND NOT EXISTS (SELECT FROM resource_version w WHERE w.owner = v.owner AND w.type = v.type AND w.id = v.id
                            AND w.version = v.version + 1 AND w.last_updated <= upto)
       ORDER BY v.last_updated, v.owner, v.n LIMIT most)
    SELECT f.owner, f.type, f.id, f.version, f.last_updated, f.n, r.unit, r.author, r.labels,
           CASE WHEN r.version = f.version THEN r.about ELSE '{0}' END, f.method = 'DELETE' OR f.body IS NULL,
           CASE WHEN NOT bare THEN f.body END, o.facts_rev, o.facts, o.type
      FROM found f
      JOIN resource r ON r.owner = f.owner AND r.type = f.type AND r.id = f.id
      JOIN owner o ON o.owner = f.owner
     ORDER BY f.last_updated, f.owner, f.n;
  ELSE
    RETURN QUERY
    WITH found AS MATERIALIZED (
      SELECT v.* FROM unnest(owners) WITH ORDINALITY AS k (owner, place) CROSS JOIN LATERAL (
        SELECT v.* FROM resource_version v
         WHERE v.owner = k.owner AND v.type = kind AND v.version > 0 AND v.last_updated > since AND v.last_updated <= upto
           AND (k.owner > a_owner OR (v.last_updated, v.n) > (a_at, a_n))
           AND NOT EXISTS (SELECT FROM resource_version w WHERE w.owner = v.owner AND w.type = v.type AND w.id = v.id
                              AND w.version = v.version + 1 AND w.last_updated <= upto)
         ORDER BY v.last_updated, v.n LIMIT most) v
       ORDER BY k.place, v.last_updated, v.n LIMIT most)
    SELECT f.owner, f.type, f.id, f.version, f.last_updated, f.n, r.unit, r.author, r.labels,
           CASE WHEN r.version = f.version THEN r.about ELSE '{0}' END, f.method = 'DELETE' OR f.body IS NULL,
           CASE WHEN NOT bare THEN f.body END, o.facts_rev, o.facts, o.type
      FROM found f
      JOIN resource r ON r.owner = f.owner AND r.type = f.type AND r.id = f.id
      JOIN owner o ON o.owner = f.owner
     ORDER BY f.owner, f.last_updated, f.n;
  END IF;
END $$;

CREATE FUNCTION public.journal_history_v1(owners bigint[], owned smallint[], types smallint[], since timestamp with time zone, until timestamp with time zone, at timestamp with time zone, b_at timestamp with time zone, b_owner bigint, b_n integer, most integer) RETURNS TABLE(owner bigint, type smallint, id text, version integer, last_updated timestamp with time zone, n integer, unit bigint, author bigint, labels text[], about bigint[], deleted boolean, erased boolean, body bytea, method text, facts_rev bigint, facts text, owner_type smallint)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_sort TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH found AS MATERIALIZED (
    SELECT * FROM (
      SELECT v.* FROM unnest(owners) AS k (owner) CROSS JOIN unnest(owned) AS t (type) CROSS JOIN LATERAL (
        SELECT v.* FROM resource_version v
         WHERE v.owner = k.owner AND v.type = t.type AND v.version > 0 AND v.last_updated BETWEEN since AND least(until, b_at)
           AND (v.last_updated, v.owner, v.n) < (b_at, b_owner, b_n)
           AND (at IS NULL OR v.last_updated >= at OR NOT EXISTS (
                 SELECT FROM resource_version w WHERE w.owner = v.owner AND w.type = v.type AND w.id = v.id
                    AND w.version = v.version + 1 AND w.last_updated <= at))
         ORDER BY v.last_updated DESC, v.n DESC LIMIT most) v
      UNION ALL
      SELECT v.* FROM unnest(types) AS t (type) CROSS JOIN LATERAL (
        SELECT v.* FROM resource_version v
         WHERE v.type = t.type AND v.last_updated BETWEEN since AND until
           AND (v.last_updated, v.owner, v.n) < (b_at, b_owner, b_n)
           AND (at IS NULL OR v.last_updated >= at OR NOT EXISTS (
                 SELECT FROM resource_version w WHERE w.owner = v.owner AND w.type = v.type AND w.id = v.id
                    AND w.version = v.version + 1 AND w.last_updated <= at))
         ORDER BY v.last_updated DESC, v.owner DESC, v.n DESC LIMIT most) v
    ) u ORDER BY u.last_updated DESC, u.owner DESC, u.n DESC LIMIT most)
  SELECT f.owner, f.type, f.id, f.version, f.last_updated, f.n, r.unit, r.author, r.labels, r.about,
         f.method = 'DELETE', f.salt IS NULL, f.body, f.method, o.facts_rev, o.facts, o.type
    FROM found f
    JOIN resource r ON r.owner = f.owner AND r.type = f.type AND r.id = f.id
    JOIN owner o ON o.owner = f.owner
   ORDER BY f.last_updated DESC, f.owner DESC, f.n DESC;
END $$;

CREATE FUNCTION public.journal_index_v3(c_owner bigint[], c_type smallint[], c_id text[], c_tokens text[], c_hot integer[], c_prints bytea[], g_n integer[], g_grp smallint[], g_token bigint[], r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[], s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[], d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamp with time zone[], d_high timestamp with time zone[], q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[], q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[], w_n integer[], w_narrative text[], w_words text[]) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  PERFORM journal_values_v1(
    true, c_owner, c_type, c_id, array_fill(1, ARRAY[cardinality(c_id)]), c_tokens, c_hot, c_prints, g_n, g_grp, g_token,
    r_n, r_slot, r_grp, r_type, r_owner, r_target, s_n, s_slot, s_grp, s_value, s_exact,
    d_n, d_slot, d_grp, d_low, d_high,
    q_n, q_slot, q_grp, q_low, q_high, q_base, q_base_low, q_base_high, q_code, q_name, w_n, w_narrative, w_words);
  FOR c IN 1 .. cardinality(c_id) LOOP
    UPDATE resource r SET tokens = c_tokens[c]::bigint[], hot = c_hot[c], prints = c_prints[c]
     WHERE r.owner = c_owner[c] AND r.type = c_type[c] AND r.id = c_id[c];
  END LOOP;
END $$;

CREATE TABLE public.resource_version (
    owner bigint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    last_updated timestamp with time zone NOT NULL,
    chain_seq bigint NOT NULL,
    n integer NOT NULL,
    method text NOT NULL,
    author bigint NOT NULL,
    body bytea,
    salt bytea
);
ALTER TABLE ONLY public.resource_version ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE FUNCTION public.journal_leaf_v1(v public.resource_version) RETURNS bytea
    LANGUAGE sql STABLE
    AS $$
  SELECT sha256(v.salt || convert_to(concat_ws('|', v.owner, v.type, v.id, v.version, v.method,
           (extract(epoch FROM v.last_updated) * 1000000)::bigint,
           (SELECT a.told FROM author a WHERE a.author = v.author)), 'UTF8') || coalesce(v.body, ''))
$$;

CREATE FUNCTION public.journal_leaf_v2(salt bytea, owner bigint, type smallint, id text, version integer, method text, last_updated timestamp with time zone, author text, body bytea) RETURNS bytea
    LANGUAGE sql STABLE
    AS $$
  SELECT sha256(salt || convert_to(concat_ws('|', owner, type, id, version, method,
           (extract(epoch FROM last_updated) * 1000000)::bigint, author), 'UTF8') || coalesce(body, ''))
$$;

CREATE FUNCTION public.journal_lock_v1(o_key bigint[], h_owner bigint[], h_type smallint[], h_id text[], i_system text[], i_value text[], i_owner bigint[], f_data text[]) RETURNS bigint[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
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

CREATE FUNCTION public.journal_standing_v3(owners bigint[], types smallint[], ids text[], wanted smallint[]) RETURNS TABLE(owner bigint, type smallint, id text, owner_type smallint, facts_rev bigint, facts text, version integer, deleted boolean, unit bigint, author bigint, labels text[], stated text[], numbers text[], returned boolean, told bytea)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT k.owner, k.type, k.id, o.type, o.facts_rev, o.facts, r.version, r.deleted, r.unit, r.author, r.labels,
                      ARRAY(SELECT f.data FROM fact f WHERE f.owner = k.owner AND f.type = k.type AND f.id = k.id),
                      CASE WHEN r.type = o.type THEN
                        ARRAY(SELECT p.system || '|' || p.value FROM person_identifier p WHERE p.owner = k.owner) END,
                      CASE WHEN r.type = o.type THEN
                        EXISTS (SELECT FROM resource_version v WHERE v.owner = k.owner AND v.type = k.type AND v.id = k.id
                                   AND v.method = 'DELETE') END,
                      CASE WHEN r.type = ANY (wanted) AND NOT EXISTS (
                        SELECT FROM fact f WHERE f.owner = k.owner AND f.type = k.type AND f.id = k.id AND f.kind = 'relation')
                      THEN (SELECT v.body FROM resource_version v WHERE v.owner = k.owner AND v.type = k.type AND v.id = k.id
                               AND v.version = r.version) END
    FROM unnest(owners, types, ids) AS k (owner, type, id)
    JOIN owner o ON o.owner = k.owner
    LEFT JOIN resource r ON r.owner = k.owner AND r.type = k.type AND r.id = k.id;
END $$;

CREATE FUNCTION public.journal_values_v1(anew boolean, c_owner bigint[], c_type smallint[], c_id text[], c_expect integer[], c_tokens text[], c_hot integer[], c_prints bytea[], g_n integer[], g_grp smallint[], g_token bigint[], r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[], s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[], d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamp with time zone[], d_high timestamp with time zone[], q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[], q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[], w_n integer[], w_narrative text[], w_words text[]) RETURNS integer
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
  many CONSTANT integer := cardinality(c_id);
  none CONSTANT bytea := '\x000000000000';
  -- Of each resource the kinds that stay as they are, as bits: 1 groups, 2 references, 4 strings, 8 dates, 16 numbers,
  -- 32 words, 64 tokens; and what stays of all of them. Of one resource: what goes, and the hot tokens that stood.
  same integer[] := array_fill(0, ARRAY[many]);
  everywhere integer := CASE WHEN 0 = ANY (c_expect) THEN 0 ELSE 127 END;
  stay integer; goes integer; stood bigint[]; place bigint;
BEGIN
  IF 0 < ANY (c_expect) THEN
    FOR c IN 1 .. many LOOP
      CONTINUE WHEN c_expect[c] = 0;
      SELECT k.stood, CASE WHEN anew OR r.prints IS NULL OR r.hot IS NULL THEN 0
               ELSE (substr(r.prints, 1, 6) = substr(k.prints, 1, 6))::integer
                    + 2 * (substr(r.prints, 7, 6) = substr(k.prints, 7, 6))::integer
                    + 4 * (substr(r.prints, 13, 6) = substr(k.prints, 13, 6))::integer
                    + 8 * (substr(r.prints, 19, 6) = substr(k.prints, 19, 6))::integer
                    + 16 * (substr(r.prints, 25, 6) = substr(k.prints, 25, 6))::integer
                    + 32 * (substr(r.prints, 31, 6) = substr(k.prints, 31, 6))::integer
                    + 64 * (k.stood = (c_tokens[c]::bigint[])[1:abs(c_hot[c])] AND sign(r.hot) = sign(c_hot[c]))::integer END,
             CASE WHEN anew OR r.prints IS NULL OR r.hot IS NULL THEN 127
               ELSE (substr(r.prints, 1, 6) <> none)::integer + 2 * (substr(r.prints, 7, 6) <> none)::integer
                    + 4 * (substr(r.prints, 13, 6) <> none)::integer + 8 * (substr(r.prints, 19, 6) <> none)::integer
                    + 16 * (substr(r.prints, 25, 6) <> none)::integer + 32 * (substr(r.prints, 31, 6) <> none)::integer
                    + 64 * (r.hot <> 0)::integer END
        INTO stood, stay, goes
        FROM resource r
       CROSS JOIN LATERAL (SELECT CASE WHEN r.hot IS NULL THEN r.tokens ELSE r.tokens[1:abs(r.hot)] END AS stood,
                                  c_prints[c] AS prints) k
       WHERE r.owner = c_owner[c] AND r.type = c_type[c] AND r.id = c_id[c];
      same[c] := stay;
      everywhere := everywhere & stay;
      goes := goes & ~stay;
      CONTINUE WHEN goes = 0;
      IF goes & 64 > 0 THEN
        DELETE FROM search_token s WHERE s.token = ANY (stood) AND s.owner = c_owner[c] AND s.id = c_id[c];
      END IF;
      place := c_owner[c] # (hashtext(c_id[c]) & 2147483647);
      IF goes & 1 > 0 THEN
        DELETE FROM search_group s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 2 > 0 THEN
        DELETE FROM search_reference s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 4 > 0 THEN
        DELETE FROM search_string s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 8 > 0 THEN
        DELETE FROM search_date s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 16 > 0 THEN
        DELETE FROM search_number s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
      IF goes & 32 > 0 THEN
        DELETE FROM search_text s WHERE (s.owner # (hashtext(s.id) & 2147483647)) = place AND s.id = c_id[c] AND s.type = c_type[c];
      END IF;
    END LOOP;
    IF everywhere = 127 THEN RETURN everywhere; END IF;
  END IF;

  IF everywhere & 64 = 0 AND 0 <> ANY (c_hot) THEN
    INSERT INTO search_token (token, owner, id, named)
    SELECT t.a[k], c_owner[t.n], c_id[t.n],
           CASE WHEN c_hot[t.n] > 0 OR t.a[k + 1] = t.a[k] THEN 0 ELSE (t.a[k + 1] >> 32)::integer END
      FROM (SELECT n, c_tokens[n]::bigint[] AS a FROM generate_series(1, many) n WHERE same[n] & 64 = 0 OFFSET 0) t
     CROSS JOIN generate_series(1, abs(c_hot[t.n]), CASE WHEN c_hot[t.n] < 0 THEN 2 ELSE 1 END) k;
  END IF;
  IF everywhere & 1 = 0 AND cardinality(g_n) > 0 THEN
    INSERT INTO search_group (owner, type, grp, id, tokens)
    SELECT c_owner[g_n[x]], c_type[g_n[x]], g_grp[x], c_id[g_n[x]], array_agg(g_token[x])
      FROM generate_series(1, cardinality(g_n)) x WHERE same[g_n[x]] & 1 = 0 GROUP BY g_n[x], g_grp[x];
  END IF;
  IF everywhere & 2 = 0 AND cardinality(r_n) > 0 THEN
    INSERT INTO search_reference (owner, slot, type, grp, target_owner, target_type, id, target)
    SELECT c_owner[r_n[x]], r_slot[x], c_type[r_n[x]], r_grp[x], r_owner[x], r_type[x], c_id[r_n[x]], r_target[x]
      FROM generate_series(1, cardinality(r_n)) x WHERE same[r_n[x]] & 2 = 0;
  END IF;
  IF everywhere & 4 = 0 AND cardinality(s_n) > 0 THEN
    INSERT INTO search_string (owner, slot, type, grp, exact, id, value)
    SELECT c_owner[s_n[x]], s_slot[x], c_type[s_n[x]], s_grp[x], s_exact[x], c_id[s_n[x]], s_value[x]
      FROM generate_series(1, cardinality(s_n)) x WHERE same[s_n[x]] & 4 = 0;
  END IF;
  IF everywhere & 8 = 0 AND cardinality(d_n) > 0 THEN
    INSERT INTO search_date (owner, slot, type, grp, low, high, id)
    SELECT c_owner[d_n[x]], d_slot[x], c_type[d_n[x]], d_grp[x], d_low[x], d_high[x], c_id[d_n[x]]
      FROM generate_series(1, cardinality(d_n)) x WHERE same[d_n[x]] & 8 = 0;
  END IF;
  IF everywhere & 16 = 0 AND cardinality(q_n) > 0 THEN
    INSERT INTO search_number (owner, slot, type, grp, base, code, name, low, high, base_low, base_high, id)
    SELECT c_owner[q_n[x]], q_slot[x], c_type[q_n[x]], q_grp[x], q_base[x], q_code[x], q_name[x], q_low[x], q_high[x],
           q_base_low[x], q_base_high[x], c_id[q_n[x]]
      FROM generate_series(1, cardinality(q_n)) x WHERE same[q_n[x]] & 16 = 0;
  END IF;
  IF everywhere & 32 = 0 AND cardinality(w_n) > 0 THEN
    INSERT INTO search_text (owner, type, id, narrative, words)
    SELECT c_owner[w_n[x]], c_type[w_n[x]], c_id[w_n[x]],
           CASE WHEN w_narrative[x] <> '' THEN strip(to_tsvector('pg_catalog.norwegian', w_narrative[x])) END,
           strip(to_tsvector('pg_catalog.norwegian', w_narrative[x] || ' ' || w_words[x]))
      FROM generate_series(1, cardinality(w_n)) x WHERE same[w_n[x]] & 32 = 0;
  END IF;
  RETURN everywhere;
END $$;

CREATE FUNCTION public.journal_write_v4(set_at timestamp with time zone[], set_author bigint[], set_told text[], set_controller bigint[], set_unit bigint[], set_actor bigint[], set_before integer[], waits boolean, o_set integer[], o_key bigint[], o_fresh integer, o_type smallint[], o_rev bigint[], o_facts boolean[], c_o integer[], c_owner bigint[], c_type smallint[], c_id text[], c_expect integer[], c_method text[], c_body bytea[], c_salt bytea[], c_sort timestamp with time zone[], c_person boolean[], c_labels text[], c_about text[], c_tokens text[], c_hot integer[], c_prints bytea[], g_n integer[], g_grp smallint[], g_token bigint[], r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[], s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[], d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamp with time zone[], d_high timestamp with time zone[], q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[], q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[], w_n integer[], w_narrative text[], w_words text[], f_n integer[], f_kind text[], f_unit bigint[], f_person bigint[], f_data text[], i_system text[], i_value text[], i_owner bigint[], l_type smallint[], l_id text[], l_owner bigint[]) RETURNS timestamp with time zone[]
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
  many CONSTANT integer := cardinality(c_id);
  stand CONSTANT integer := cardinality(o_key) - o_fresh;
  number CONSTANT xid8 := pg_current_xact_id();  -- for the watermarks, see above
  k_key bigint[]; k_rev bigint[];                                       -- as locked
  o_was smallint[]; o_seq bigint[]; o_at timestamptz[]; o_head bytea[]; -- the owners as they will be; o_was: their type
  wrong text; erased text; kept integer;  -- wrong, erased: the places of sets
BEGIN
  -- 0. Who writes must be there: the leaves are made over what the verifier will read.
  SELECT string_agg(s::text, ',') INTO wrong FROM generate_series(1, cardinality(set_author)) s
   WHERE set_told[s] IS DISTINCT FROM (SELECT a.told FROM author a WHERE a.author = set_author[s]);
  IF wrong IS NOT NULL THEN RAISE EXCEPTION 'unknown author' USING ERRCODE = 'AK010', DETAIL = wrong; END IF;

  -- 1. Lock the owners that stand, in order; new ones have fresh keys and cannot wait.
  IF waits THEN
    SELECT array_agg(o.owner), array_agg(o.facts_rev), array_agg(o.type), array_agg(o.chain_seq + 1),
           array_agg(o.last_updated + interval '1 ms'), array_agg(o.head)
      INTO k_key, k_rev, o_was, o_seq, o_at, o_head
      FROM (SELECT * FROM owner k WHERE k.owner = ANY (o_key[1:stand]) ORDER BY k.owner FOR NO KEY UPDATE) o;
  ELSE
    SELECT array_agg(o.owner), array_agg(o.facts_rev), array_agg(o.type), array_agg(o.chain_seq + 1),
           array_agg(o.last_updated + interval '1 ms'), array_agg(o.head)
      INTO k_key, k_rev, o_was, o_seq, o_at, o_head
      FROM (SELECT * FROM owner k WHERE k.owner = ANY (o_key[1:stand]) ORDER BY k.owner FOR NO KEY UPDATE SKIP LOCKED) o;
    IF stand > 0 AND k_key IS DISTINCT FROM o_key[1:stand] THEN
      SELECT string_agg(o_set[o]::text, ',') INTO wrong
        FROM generate_series(1, stand) o WHERE array_position(k_key, o_key[o]) IS NULL;
      RAISE EXCEPTION 'somebody else writes' USING ERRCODE = 'AK009', DETAIL = coalesce(wrong, '');
    END IF;
  END IF;

  -- 2. Look again, at the facts as locked and, in a later statement, at the versions.
  IF stand > 0 THEN
    IF k_key IS DISTINCT FROM o_key[1:stand] OR k_rev IS DISTINCT FROM o_rev[1:stand] THEN
      SELECT string_agg(o_set[o]::text, ',') INTO wrong FROM generate_series(1, stand) o
       WHERE o_rev[o] IS DISTINCT FROM k_rev[array_position(k_key, o_key[o])];
      RAISE EXCEPTION 'facts changed' USING ERRCODE = 'AK008', DETAIL = coalesce(wrong, '');
    END IF;
    SELECT string_agg(o_set[c_o[n]]::text, ',') FILTER (WHERE c_expect[n] <> coalesce((
             SELECT r.version FROM resource r WHERE r.owner = c_owner[n] AND r.type = c_type[n] AND r.id = c_id[n]), 0)),
           string_agg(o_set[c_o[n]]::text, ',') FILTER (WHERE c_expect[n] > 0 AND EXISTS (
             SELECT FROM erasure e WHERE e.owner = c_owner[n] AND e.type = c_type[n] AND e.id = c_id[n]))
      INTO wrong, erased FROM generate_series(1, many) n;
    IF wrong IS NOT NULL THEN RAISE EXCEPTION 'version changed' USING ERRCODE = 'AK003', DETAIL = wrong; END IF;
    IF erased IS NOT NULL THEN RAISE EXCEPTION 'erased' USING ERRCODE = 'AK002', DETAIL = erased; END IF;
  END IF;
  IF o_fresh > 0 THEN
    o_seq := o_seq || array_fill(1::bigint, ARRAY[o_fresh]);
    o_at := o_at || array_fill('-infinity'::timestamptz, ARRAY[o_fresh]);
    o_head := o_head || array_fill(''::bytea, ARRAY[o_fresh]);
  END IF;
  SELECT array_agg(greatest(set_at[o_set[o]], o_at[o], e.later)) INTO o_at
    FROM (SELECT (SELECT x.at + interval '1 ms' FROM export x ORDER BY x.at DESC LIMIT 1) AS later) e,
         generate_series(1, cardinality(o_key)) o;

  -- 3. Write: what the versions before gave rise to makes place for what the new ones do.
  kept := journal_values_v1(
    false, c_owner, c_type, c_id, c_expect, c_tokens, c_hot, c_prints, g_n, g_grp, g_token,
    r_n, r_slot, r_grp, r_type, r_owner, r_target, s_n, s_slot, s_grp, s_value, s_exact,
    d_n, d_slot, d_grp, d_low, d_high,
    q_n, q_slot, q_grp, q_low, q_high, q_base, q_base_low, q_base_high, q_code, q_name, w_n, w_narrative, w_words);
  IF 0 < ANY (c_expect) THEN
    FOR c IN 1 .. many LOOP
      CONTINUE WHEN c_expect[c] = 0;
      IF o_facts[c_o[c]] THEN
        DELETE FROM fact f WHERE f.owner = c_owner[c] AND f.type = c_type[c] AND f.id = c_id[c];
      END IF;
      IF c_type[c] = o_was[c_o[c]] THEN
        DELETE FROM person_identifier p WHERE p.owner = c_owner[c];
      END IF;
      UPDATE resource r
         SET version = c_expect[c] + 1, last_updated = o_at[c_o[c]], sort_date = coalesce(c_sort[c], r.sort_date),
             controller = CASE WHEN set_unit[o_set[c_o[c]]] = 0 THEN r.controller ELSE set_controller[o_set[c_o[c]]] END,
             unit = CASE WHEN set_unit[o_set[c_o[c]]] = 0 THEN r.unit ELSE set_unit[o_set[c_o[c]]] END,
             author = set_actor[o_set[c_o[c]]], deleted = c_method[c] = 'DELETE',
             labels = string_to_array(c_labels[c], ' '), about = c_about[c]::bigint[], tokens = c_tokens[c]::bigint[],
             hot = c_hot[c], prints = c_prints[c]
       WHERE r.owner = c_owner[c] AND r.type = c_type[c] AND r.id = c_id[c];
    END LOOP;
  END IF;
  IF cardinality(i_system) > 0 THEN
    INSERT INTO person_identifier (system, value, owner) SELECT * FROM unnest(i_system, i_value, i_owner);
  END IF;
  IF cardinality(l_id) > 0 THEN
    INSERT INTO locator (type, id, owner) SELECT * FROM unnest(l_type, l_id, l_owner);
  END IF;
  IF cardinality(f_n) > 0 THEN
    INSERT INTO fact (owner, type, id, n, kind, unit, person, data)
    SELECT c_owner[f_n[x]], c_type[f_n[x]], c_id[f_n[x]], row_number() OVER (PARTITION BY f_n[x] ORDER BY x), f_kind[x],
           f_unit[x], f_person[x], f_data[x]
      FROM generate_series(1, cardinality(f_n)) x;
  END IF;

  -- The new resources, the versions, the chain over these, and the news.
  WITH entry AS (
    SELECT l.o, count(*)::integer AS leaves, sha256(string_agg(l.leaf, '')) AS digest,
           string_agg(substr(l.leaf, 1, 8), '') AS prints,
           array_agg(c_type[l.n]) AS types, array_agg(c_id[l.n]) AS ids, array_agg(c_expect[l.n] + 1) AS versions
      FROM (SELECT c_o[n] AS o, n,
                   journal_leaf_v2(c_salt[n], c_owner[n], c_type[n], c_id[n], c_expect[n] + 1, c_method[n], o_at[c_o[n]],
                                   set_told[o_set[c_o[n]]], c_body[n]) AS leaf
              FROM generate_series(1, many) n ORDER BY c_o[n], n) l GROUP BY l.o
  ), standing AS (
    INSERT INTO resource (owner, type, id, version, last_updated, sort_date, controller, unit, author, person, deleted,
                          labels, about, tokens, hot, prints)
    SELECT c_owner[n], c_type[n], c_id[n], 1, o_at[c_o[n]], coalesce(c_sort[n], o_at[c_o[n]]),
           set_controller[o_set[c_o[n]]], set_unit[o_set[c_o[n]]], set_actor[o_set[c_o[n]]], c_person[n],
           c_method[n] = 'DELETE', string_to_array(c_labels[n], ' '), c_about[n]::bigint[], c_tokens[n]::bigint[],
           c_hot[n], c_prints[n]
      FROM generate_series(1, many) n WHERE c_expect[n] = 0
  ), written AS (
    INSERT INTO resource_version (owner, type, id, version, last_updated, chain_seq, n, method, author, body, salt)
    SELECT c_owner[n], c_type[n], c_id[n], c_expect[n] + 1, o_at[c_o[n]], o_seq[c_o[n]],
           n - set_before[o_set[c_o[n]]], c_method[n], set_author[o_set[c_o[n]]], c_body[n], c_salt[n]
      FROM generate_series(1, many) n
  ), told AS (
    INSERT INTO news (owner, seq, bucket, at, types, ids, versions)
    SELECT o_key[e.o], o_seq[e.o], (o_key[e.o] & 63)::smallint, o_at[e.o], e.types, e.ids, e.versions FROM entry e
  ), linked AS (
    INSERT INTO chain (owner, seq, at, leaves, digest, prints, head)
    SELECT o_key[e.o], o_seq[e.o], o_at[e.o], e.leaves, e.digest, e.prints,
           sha256(o_head[e.o] || int8send(o_seq[e.o]) || e.digest)
      FROM entry e
    RETURNING owner, head
  )
  SELECT array_agg(l.head ORDER BY array_position(o_key, l.owner)) INTO o_head FROM linked l;

  -- The owners, with all rows of their facts gathered.
  FOR o IN 1 .. stand LOOP
    IF o_facts[o] THEN
      UPDATE owner w
         SET chain_seq = o_seq[o], last_updated = o_at[o], head = o_head[o], facts = coalesce('[' || g.facts || ']', '[]'),
             facts_rev = w.facts_rev + 1, restricted = coalesce(g.restricted, false)
        FROM (SELECT string_agg(f.data, ',' ORDER BY f.type, f.id, f.n) AS facts,
                     bool_or(f.kind IN ('block', 'protection', 'labelled')) AS restricted
                FROM fact f WHERE f.owner = o_key[o]) g
       WHERE w.owner = o_key[o];
    ELSE
      UPDATE owner w SET chain_seq = o_seq[o], last_updated = o_at[o], head = o_head[o] WHERE w.owner = o_key[o];
    END IF;
  END LOOP;
  IF o_fresh > 0 THEN
    INSERT INTO owner (owner, type, chain_seq, last_updated, head, facts, facts_rev, restricted)
    SELECT o_key[o], o_type[o], 1, o_at[o], o_head[o], coalesce('[' || g.facts || ']', '[]'), o_facts[o]::integer,
           coalesce(g.restricted, false)
      FROM generate_series(stand + 1, cardinality(o_key)) o
     CROSS JOIN LATERAL (SELECT string_agg(f.data, ',' ORDER BY f.type, f.id, f.n) AS facts,
                                bool_or(f.kind IN ('block', 'protection', 'labelled')) AS restricted
                           FROM fact f WHERE o_facts[o] AND f.owner = o_key[o]) g;
  END IF;
  RETURN o_at;
END $$;

CREATE FUNCTION public.message_home_v1(sent_by bigint, her bigint) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
  SELECT coalesce(
    (SELECT coalesce(nullif(f.unit, 0), f.owner) FROM fact f
      WHERE f.kind = 'unit' AND f.owner = coalesce(nullif(sent_by, 0), (SELECT a.unit FROM address a WHERE a.her_id = her))),
    (SELECT nullif(p.unit, 0) FROM address a JOIN address p ON p.her_id = a.parent WHERE a.her_id = her),
    CASE WHEN sent_by = 0 THEN 0 ELSE -1 END)
$$;

CREATE FUNCTION public.message_of_v1(homes bigint[], sent_by bigint, her bigint) RETURNS boolean
    LANGUAGE sql STABLE COST 300
    AS $$
  SELECT CASE WHEN homes IS NULL THEN true ELSE (SELECT message_home_v1(sent_by, her)) = ANY (homes) END
$$;

CREATE FUNCTION public.messages_underway_v1(asked bigint) RETURNS integer
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    AS $$
BEGIN
  RETURN (SELECT count(*)::integer FROM (
    SELECT owner, key, unit, type, told_of, body IS NULL AS erased FROM message_out
     WHERE wants_apprec AND state IN ('queued', 'sent', 'delivered')
    UNION SELECT owner, key, unit, type, told_of, body IS NULL FROM message_out
     WHERE state = 'queued' OR state = 'sent' AND (wants_apprec OR carrier_id <> '')) m
   WHERE m.unit = asked AND m.told_of <> '' AND m.type <> 'BEKYMRINGSMELDING' AND NOT m.erased);
END $$;

CREATE FUNCTION public.owner_facts_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  NEW.facts_tx := pg_current_xact_id();
  RETURN NEW;
END $$;

CREATE FUNCTION public.person_identifier_held_v1() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
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

CREATE FUNCTION public.person_identifier_taken_v1() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
  INSERT INTO person_identifier AS p (system, value, owner) VALUES (NEW.system, NEW.value, NEW.owner)
      ON CONFLICT (system, value) DO UPDATE SET owner = excluded.owner WHERE p.owner = 0;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'number is taken' USING ERRCODE = 'unique_violation', CONSTRAINT = 'person_identifier_pkey';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION public.record_end_v1(which uuid, at timestamp with time zone, rev bigint, decision text, most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET lock_timeout TO '5s'
    AS $$
#variable_conflict use_variable
DECLARE
  e ending;
  types smallint[];
  ids text[];
BEGIN
  SELECT * INTO e FROM ending n WHERE n.id = which AND n.state = 'confirmed' FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  IF e.before > clock_timestamp() - interval '1 year' THEN
    RAISE EXCEPTION 'no time of keeping that ends here is over';
  END IF;
  SELECT array_agg(k.type), array_agg(k.id) INTO types, ids
    FROM (SELECT p.type, p.id FROM record_part_v1(e.owner, e.keeper) p ORDER BY p.place LIMIT most) k;
  IF ids IS NULL THEN
    UPDATE ending n SET state = 'done', ended = at WHERE n.id = which;
    RETURN 0;
  END IF;
  PERFORM journal_lock_v1(ARRAY[e.owner], array_fill(e.owner, ARRAY[cardinality(types)]), types, ids, '{}', '{}', '{}', '{}');
  IF record_held_v1(e.owner, e.before) IS NOT NULL
     OR (e.why = 'death' AND EXISTS (SELECT FROM fact p WHERE p.owner = e.owner AND p.kind = 'person'
                                        AND p.data::json #>> '{value,deceased}' IS DISTINCT FROM 'true')) THEN
    UPDATE ending n SET state = 'stopped', ended = at WHERE n.id = which;
    RETURN -1;
  END IF;
  PERFORM journal_erase_v2(at, e.owner, rev, types, ids, decision);
  UPDATE ending n SET erased = n.erased + cardinality(ids) WHERE n.id = which;
  RETURN cardinality(ids);
END $$;

CREATE FUNCTION public.record_entries_v1(whose bigint) RETURNS TABLE(type smallint, id text, keeper bigint, identity boolean)
    LANGUAGE sql STABLE
    AS $$
  SELECT e.type, e.id, e.keeper, e.identity
    FROM (SELECT r.owner, r.type, r.id, coalesce(nullif(u.unit, 0), nullif(r.unit, 0), r.controller, 0) AS keeper,
                 r.type = o.type AS identity
            FROM owner o
            JOIN resource r ON r.owner = o.owner
            LEFT JOIN fact u ON u.owner = r.unit AND u.kind = 'unit'
           WHERE o.owner = whose
             AND NOT EXISTS (SELECT FROM erasure g WHERE g.owner = r.owner AND g.type = r.type AND g.id = r.id)) e
   WHERE EXISTS (SELECT FROM fact p
                  WHERE p.owner = whose AND p.kind = 'person' AND p.data::json #>> '{value,deceased}' = 'true')
      OR (e.keeper <> 0 AND NOT e.identity
          AND NOT EXISTS (SELECT FROM fact s WHERE s.owner = e.owner AND s.type = e.type AND s.id = e.id
                             AND s.kind IN ('block', 'representation', 'youth', 'protection'))
          AND NOT EXISTS (SELECT FROM resource_version v JOIN author a ON a.author = v.author
                           WHERE v.owner = e.owner AND v.type = e.type AND v.id = e.id AND v.version = 1
                             AND a.told::json ->> 'kind' = 'citizen'))
$$;

CREATE FUNCTION public.record_held_v1(whose bigint, before timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
  SELECT CASE
    WHEN EXISTS (SELECT FROM hold h WHERE h.owner = whose AND h.ended IS NULL) THEN 'hold'
    WHEN EXISTS (SELECT FROM worklist w WHERE w.owner = whose AND w.kind IN ('case', 'demand')
                    AND w.state NOT IN ('completed', 'cancelled', 'rejected', 'failed', 'entered-in-error')) THEN 'case'
    WHEN EXISTS (SELECT FROM resource r JOIN owner o ON o.owner = r.owner
                  WHERE r.owner = whose AND r.type <> o.type AND greatest(r.sort_date, r.last_updated) >= before) THEN 'entry'
  END
$$;

CREATE FUNCTION public.record_part_v1(whose bigint, whom bigint) RETURNS TABLE(type smallint, id text, place bigint)
    LANGUAGE sql STABLE
    AS $$
  WITH left_ AS MATERIALIZED (SELECT * FROM record_entries_v1(whose))
  SELECT l.type, l.id, row_number() OVER (ORDER BY l.identity, l.keeper <> whom, l.type, l.id)
    FROM left_ l
   WHERE (l.keeper = whom AND NOT l.identity)
      OR NOT EXISTS (SELECT FROM left_ o WHERE o.keeper NOT IN (0, whom) AND NOT o.identity)
$$;

CREATE FUNCTION public.search_display_end_v1(the_owner bigint, stood bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET lock_timeout TO '300ms'
    AS $$
DECLARE
  gone bigint[];
  common bigint[];
BEGIN
  LOCK TABLE search_display IN SHARE UPDATE EXCLUSIVE MODE;
  SELECT coalesce(array_agg(k.token), '{}') INTO common
    FROM pg_stats s JOIN pg_class c ON c.oid = 'resource'::regclass
   CROSS JOIN LATERAL unnest(s.most_common_elems::text::bigint[], s.most_common_elem_freqs) AS k (token, part)
   WHERE s.schemaname = 'public' AND s.tablename = 'resource' AND s.attname = 'tokens' AND k.part * c.reltuples > 10000;
  WITH held AS MATERIALIZED (
    SELECT d.token, (SELECT r.owner FROM resource r WHERE r.tokens && ARRAY[d.token] LIMIT 1) AS holder
      FROM (SELECT o.token FROM search_display o WHERE o.owner = the_owner
            UNION SELECT t.token FROM search_display t WHERE t.token = ANY (stood)) d
     WHERE d.token <> ALL (common)
  ), moved AS (
    UPDATE search_display s SET owner = h.holder FROM held h
     WHERE s.token = h.token AND s.owner = the_owner AND h.holder <> the_owner
  )
  SELECT array_agg(h.token) INTO gone FROM held h WHERE h.holder IS NULL;
  IF gone IS NULL THEN RETURN; END IF;
  LOCK TABLE search_display IN SHARE ROW EXCLUSIVE MODE;
  WITH held AS MATERIALIZED (
    SELECT g.token, (SELECT r.owner FROM resource r WHERE r.tokens && ARRAY[g.token] LIMIT 1) AS holder
      FROM unnest(gone) AS g (token)
  ), moved AS (
    UPDATE search_display s SET owner = h.holder FROM held h
     WHERE s.token = h.token AND s.owner = the_owner AND h.holder <> the_owner
  )
  DELETE FROM search_display s USING held h WHERE s.token = h.token AND h.holder IS NULL;
END $$;

CREATE FUNCTION public.search_display_v1(slots integer[], texts text[], tokens bigint[], owners bigint[], times timestamp with time zone[]) RETURNS timestamp with time zone[]
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
BEGIN
  IF cardinality(tokens) > 0 THEN
    LOCK TABLE search_display IN ROW EXCLUSIVE MODE;
    INSERT INTO search_display (slot, value, token, owner)
    SELECT t.slot, t.value, t.token, t.owner FROM unnest(slots, texts, tokens, owners) AS t (slot, value, token, owner)
     WHERE NOT EXISTS (SELECT FROM search_display d WHERE d.slot = t.slot AND d.value = t.value AND d.token = t.token);
  END IF;
  RETURN times;
END $$;

CREATE FUNCTION public.search_rules_v1(the_revision bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
  number CONSTANT xid8 := pg_current_xact_id();  -- before the revision is read
BEGIN
  RETURN (SELECT r.revision FROM search_rules r) = the_revision;
END $$;

CREATE FUNCTION public.subscription_emit_v1(which bigint, at timestamp with time zone, whose bigint, types smallint[], ids text[], versions integer[]) RETURNS integer
    LANGUAGE plpgsql
    AS $$
DECLARE
  last bigint; n integer;
BEGIN
  SELECT s.events INTO last FROM subscription s WHERE s.key = which AND s.status <> 'off' FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  INSERT INTO subscription_event (subscription, number, at, owner, type, id, version)
  SELECT which, last + row_number() OVER (ORDER BY k.place), subscription_emit_v1.at, whose, k.type, k.id, k.version
    FROM unnest(types, ids, versions) WITH ORDINALITY AS k (type, id, version, place)
   WHERE k.version > coalesce((SELECT max(e.version) FROM subscription_event e
                                WHERE e.subscription = which AND e.owner = whose AND e.type = k.type AND e.id = k.id), 0);
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n > 0 THEN
    UPDATE subscription s SET events = last + n,
           due = CASE WHEN s.failures = 0 THEN least(coalesce(s.due, subscription_emit_v1.at), subscription_emit_v1.at)
                      ELSE s.due END
     WHERE s.key = which;
  END IF;
  RETURN n;
END $$;

CREATE FUNCTION public.unit_closed_v1(asked bigint) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  SELECT EXISTS (SELECT FROM owner o WHERE o.owner = asked)
     AND NOT EXISTS (SELECT FROM fact u WHERE u.owner = asked AND u.kind = 'unit'
                        AND (u.data::json #>> '{value,closed}')::boolean IS NOT TRUE)
$$;

CREATE TABLE public.access_log (
    stream bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    actor_key bigint NOT NULL,
    actor_name text NOT NULL,
    actor_role text NOT NULL,
    unit bigint NOT NULL,
    unit_name text NOT NULL,
    controller bigint NOT NULL,
    controller_name text NOT NULL,
    signed_in text NOT NULL,
    purpose text NOT NULL,
    screen text NOT NULL,
    request text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    patients bigint[] NOT NULL,
    seen jsonb NOT NULL,
    leaf bytea NOT NULL
)
PARTITION BY RANGE (at);

CREATE TABLE public.access_log_default (
    stream bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    actor_key bigint NOT NULL,
    actor_name text NOT NULL,
    actor_role text NOT NULL,
    unit bigint NOT NULL,
    unit_name text NOT NULL,
    controller bigint NOT NULL,
    controller_name text NOT NULL,
    signed_in text NOT NULL,
    purpose text NOT NULL,
    screen text NOT NULL,
    request text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    patients bigint[] NOT NULL,
    seen jsonb NOT NULL,
    leaf bytea NOT NULL
);

CREATE TABLE public.access_log_patient (
    patient bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    stream bigint NOT NULL,
    seq bigint NOT NULL
)
PARTITION BY RANGE (at);

CREATE TABLE public.access_log_patient_default (
    patient bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    stream bigint NOT NULL,
    seq bigint NOT NULL
);

CREATE TABLE public.access_removal (
    number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    before timestamp with time zone NOT NULL,
    streams bigint[] NOT NULL,
    rows bigint[] NOT NULL,
    digests bytea NOT NULL,
    previous bytea NOT NULL,
    signature bytea NOT NULL,
    key_id text NOT NULL
);

CREATE TABLE public.access_seal (
    stream bigint NOT NULL,
    from_seq bigint NOT NULL,
    upto_seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    root bytea NOT NULL,
    prints bytea NOT NULL,
    previous bytea NOT NULL,
    signature bytea NOT NULL,
    key_id text NOT NULL
);

CREATE TABLE public.access_stream (
    stream bigint NOT NULL,
    opened timestamp with time zone NOT NULL
);

CREATE TABLE public.address (
    her_id bigint NOT NULL,
    name text NOT NULL,
    parent bigint DEFAULT 0 NOT NULL,
    org_number text DEFAULT ''::text NOT NULL,
    unit bigint DEFAULT 0 NOT NULL,
    unit_id text DEFAULT ''::text NOT NULL,
    ours boolean NOT NULL,
    endpoint text DEFAULT ''::text NOT NULL,
    takes text[] DEFAULT '{}'::text[] NOT NULL,
    fiks text DEFAULT ''::text NOT NULL,
    consented boolean DEFAULT false NOT NULL,
    apprec text,
    CONSTRAINT address_apprec_check CHECK ((apprec = ANY (ARRAY['1.0'::text, '1.1'::text])))
);

CREATE TABLE public.address_certificate (
    her_id bigint NOT NULL,
    fingerprint bytea NOT NULL,
    certificate bytea NOT NULL,
    added_at timestamp with time zone NOT NULL,
    withdrawn_at timestamp with time zone
);

CREATE TABLE public.address_refused (
    her_id bigint NOT NULL,
    asked timestamp with time zone NOT NULL
);

CREATE TABLE public.address_register (
    her_id bigint NOT NULL,
    due timestamp with time zone NOT NULL,
    asked timestamp with time zone,
    missing timestamp with time zone,
    gone timestamp with time zone,
    endpoint text DEFAULT ''::text NOT NULL,
    signing text DEFAULT ''::text NOT NULL,
    encryption text DEFAULT ''::text NOT NULL,
    why text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.alert (
    owner bigint NOT NULL,
    stream bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    held_until timestamp with time zone,
    CONSTRAINT alert_kind_check CHECK ((kind = ANY (ARRAY['emergency'::text, 'opened'::text, 'new'::text, 'every'::text])))
);

CREATE TABLE public.alert_choice (
    owner bigint NOT NULL,
    level text NOT NULL,
    way text NOT NULL,
    address text NOT NULL,
    language text NOT NULL,
    since timestamp with time zone NOT NULL,
    CONSTRAINT alert_choice_level_check CHECK ((level = ANY (ARRAY['none'::text, 'opened'::text, 'new'::text, 'every'::text]))),
    CONSTRAINT alert_choice_way_check CHECK ((way = ANY (ARRAY['inbox'::text, 'mail'::text, 'sms'::text])))
);

CREATE TABLE public.alert_letter (
    owner bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    urgent boolean NOT NULL,
    made timestamp with time zone NOT NULL,
    due timestamp with time zone NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    sent timestamp with time zone,
    failed text DEFAULT ''::text NOT NULL,
    CONSTRAINT alert_letter_failed_check CHECK ((failed = ANY (ARRAY[''::text, 'address'::text, 'time'::text])))
);

CREATE TABLE public.alert_stream (
    stream bigint NOT NULL,
    seq bigint NOT NULL
);

CREATE TABLE public.author (
    author bigint NOT NULL,
    told text NOT NULL
);

CREATE TABLE public.authorisation (
    practitioner text NOT NULL COLLATE pg_catalog."C",
    due timestamp with time zone NOT NULL,
    asked timestamp with time zone,
    lost timestamp with time zone
);

CREATE TABLE public.chain (
    owner bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    leaves integer NOT NULL,
    digest bytea NOT NULL,
    prints bytea NOT NULL,
    head bytea NOT NULL
);

CREATE TABLE public.chain_seal (
    number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    owners bigint[] NOT NULL,
    seqs bigint[] NOT NULL,
    prints bytea NOT NULL,
    root bytea NOT NULL,
    previous bytea NOT NULL,
    signature bytea NOT NULL,
    key_id text NOT NULL
);

COMMENT ON COLUMN public.chain_seal.root IS 'sha256 over owner, seq, microseconds since 1970 (8 bytes each, big endian) and head of each link';

CREATE UNLOGGED TABLE public.client_rate (
    client text NOT NULL,
    minute_at timestamp with time zone NOT NULL,
    taken bigint NOT NULL
);

CREATE TABLE public.condition (
    key bigint NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.draft (
    person bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    owner bigint NOT NULL,
    kind text NOT NULL,
    about text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    changed timestamp with time zone NOT NULL,
    sealed bytea NOT NULL
);

CREATE TABLE public.ending (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    owner bigint NOT NULL,
    keeper bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    why text NOT NULL,
    last timestamp with time zone NOT NULL,
    before timestamp with time zone NOT NULL,
    entries integer NOT NULL,
    state text DEFAULT 'proposed'::text NOT NULL,
    decided_by bigint,
    decided text,
    confirmed_by bigint,
    confirmed text,
    kept_until timestamp with time zone,
    ended timestamp with time zone,
    erased integer DEFAULT 0 NOT NULL,
    CONSTRAINT ending_check CHECK ((last < before)),
    CONSTRAINT ending_check1 CHECK ((confirmed_by <> decided_by)),
    CONSTRAINT ending_check2 CHECK (((state <> ALL (ARRAY['confirmed'::text, 'done'::text])) OR ((decided_by IS NOT NULL) AND (confirmed_by IS NOT NULL) AND (decided IS NOT NULL) AND (confirmed IS NOT NULL)))),
    CONSTRAINT ending_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'decided'::text, 'confirmed'::text, 'done'::text, 'kept'::text, 'stopped'::text]))),
    CONSTRAINT ending_why_check CHECK ((why = ANY (ARRAY['death'::text, 'last'::text])))
);

CREATE TABLE public.erasure (
    owner bigint NOT NULL,
    seq bigint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    leaves text NOT NULL,
    decision text NOT NULL
);

CREATE TABLE public.erasure_line (
    owner bigint NOT NULL,
    seq bigint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    page bigint NOT NULL
);

CREATE TABLE public.erasure_page (
    number bigint NOT NULL,
    written boolean DEFAULT false NOT NULL
);

CREATE TABLE public.export (
    id text NOT NULL COLLATE pg_catalog."C",
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    horizon xid8,
    request text NOT NULL,
    asked text NOT NULL,
    files text,
    ended boolean DEFAULT false NOT NULL
);

CREATE TABLE public.fact (
    owner bigint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    n smallint NOT NULL,
    kind text NOT NULL,
    unit bigint DEFAULT 0 NOT NULL,
    person bigint DEFAULT 0 NOT NULL,
    data text NOT NULL
);

CREATE TABLE public.finding (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    actor bigint NOT NULL,
    day date NOT NULL,
    unit bigint NOT NULL,
    patient bigint NOT NULL,
    controller bigint NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    actor_role text NOT NULL,
    unit_name text NOT NULL,
    first timestamp with time zone NOT NULL,
    last timestamp with time zone NOT NULL,
    opened integer NOT NULL,
    refused integer NOT NULL,
    signs text[] NOT NULL,
    strength smallint NOT NULL,
    records integer DEFAULT 0 NOT NULL,
    usual integer DEFAULT 0 NOT NULL,
    at timestamp with time zone NOT NULL,
    reported text DEFAULT ''::text NOT NULL,
    searches integer DEFAULT 0 NOT NULL,
    searches_usual integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.finding_outcome (
    finding uuid NOT NULL,
    outcome text NOT NULL,
    words text NOT NULL,
    by_id text NOT NULL,
    by_name text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT finding_outcome_outcome_check CHECK ((outcome = ANY (ARRAY['lawful'::text, 'unlawful'::text, 'unclear'::text, 'case'::text])))
);

CREATE TABLE public.hold (
    owner bigint NOT NULL,
    since timestamp with time zone NOT NULL,
    reason text NOT NULL,
    by_name text NOT NULL,
    ended timestamp with time zone,
    ended_by text
);

CREATE TABLE public.idempotency (
    key bytea NOT NULL,
    request bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    results text NOT NULL
);

CREATE TABLE public.job (
    bucket smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    consumer text NOT NULL,
    owner bigint NOT NULL,
    payload text NOT NULL,
    due timestamp with time zone NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    parked boolean DEFAULT false NOT NULL,
    problem text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.locator (
    type smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    owner bigint NOT NULL
);

CREATE TABLE public.message_again (
    bucket smallint NOT NULL,
    digest bytea NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    answer_to text NOT NULL COLLATE pg_catalog."C",
    due timestamp with time zone NOT NULL
);

CREATE TABLE public.message_id (
    msg_id text NOT NULL COLLATE pg_catalog."C",
    sender bigint NOT NULL,
    digest bytea,
    owner bigint,
    key bigint
);

CREATE TABLE public.message_in (
    bucket smallint NOT NULL,
    digest bytea NOT NULL,
    body bytea,
    state text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    times integer DEFAULT 1 NOT NULL,
    envelope_id text NOT NULL,
    envelope_from bigint DEFAULT 0 NOT NULL,
    envelope_to bigint DEFAULT 0 NOT NULL,
    due timestamp with time zone NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    type text DEFAULT ''::text NOT NULL,
    msg_id text DEFAULT ''::text NOT NULL,
    sender bigint DEFAULT 0 NOT NULL,
    owner bigint,
    filed_as text,
    unit bigint DEFAULT 0 NOT NULL,
    responsible text NOT NULL,
    deadline timestamp with time zone NOT NULL,
    handled_at timestamp with time zone,
    fault_code text DEFAULT ''::text NOT NULL,
    fault_text text DEFAULT ''::text NOT NULL,
    handled_by text DEFAULT ''::text NOT NULL,
    handled_why text DEFAULT ''::text NOT NULL,
    answer_to text DEFAULT ''::text NOT NULL,
    sealed bytea
);
ALTER TABLE ONLY public.message_in ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.message_in ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE public.message_move (
    owner bigint NOT NULL,
    key bigint NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    event text NOT NULL,
    state text NOT NULL,
    who text NOT NULL,
    why text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.message_out (
    owner bigint NOT NULL,
    key bigint NOT NULL,
    bucket smallint NOT NULL,
    type text NOT NULL,
    msg_id text NOT NULL,
    sender bigint NOT NULL,
    receiver bigint NOT NULL,
    body bytea,
    state text NOT NULL,
    told_of text DEFAULT ''::text NOT NULL,
    answers bytea,
    wants_apprec boolean NOT NULL,
    unit bigint DEFAULT 0 NOT NULL,
    responsible text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deadline timestamp with time zone NOT NULL,
    due timestamp with time zone NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    sent_at timestamp with time zone,
    delivered_at timestamp with time zone,
    settled_at timestamp with time zone,
    answered_at timestamp with time zone,
    fault_code text DEFAULT ''::text NOT NULL,
    fault_text text DEFAULT ''::text NOT NULL,
    carrier_id text DEFAULT ''::text NOT NULL,
    rounds smallint DEFAULT 0 NOT NULL,
    moves integer DEFAULT 0 NOT NULL,
    rests_for text DEFAULT ''::text NOT NULL,
    untold smallint DEFAULT 0 NOT NULL,
    leaving boolean,
    answers_as text DEFAULT ''::text NOT NULL,
    answer_to text DEFAULT ''::text NOT NULL,
    unexplained smallint DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY public.message_out ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE public.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE public.migration_lock (
    one boolean NOT NULL,
    CONSTRAINT migration_lock_one_check CHECK (one)
);

CREATE TABLE public.news (
    owner bigint NOT NULL,
    seq bigint NOT NULL,
    bucket smallint NOT NULL,
    at timestamp with time zone NOT NULL,
    types smallint[] NOT NULL,
    ids text[] NOT NULL,
    versions integer[] NOT NULL
);

CREATE TABLE public.opening_review (
    owner bigint NOT NULL,
    consent text NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    words text NOT NULL,
    by_id text NOT NULL,
    by_name text NOT NULL,
    CONSTRAINT opening_review_kind_check CHECK ((kind = ANY (ARRAY['reviewed'::text, 'asked'::text, 'answered'::text, 'reported'::text])))
);

CREATE TABLE public.own_parameter (
    id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    definition text NOT NULL,
    url text NOT NULL,
    code text NOT NULL,
    types smallint[] NOT NULL,
    slots integer[] NOT NULL,
    fresh boolean NOT NULL,
    horizon xid8,
    at_type smallint NOT NULL,
    at_owner bigint NOT NULL,
    at_id text NOT NULL COLLATE pg_catalog."C",
    failed bigint NOT NULL,
    CONSTRAINT own_parameter_state_check CHECK ((state = ANY (ARRAY['indexing'::text, 'ready'::text, 'retiring'::text])))
);

CREATE TABLE public.owner (
    owner bigint NOT NULL,
    type smallint NOT NULL,
    chain_seq bigint DEFAULT 0 NOT NULL,
    head bytea DEFAULT '\x'::bytea NOT NULL,
    last_updated timestamp with time zone NOT NULL,
    facts_rev bigint DEFAULT 0 NOT NULL,
    restricted boolean DEFAULT false NOT NULL,
    facts text DEFAULT '[]'::text NOT NULL,
    facts_tx xid8 DEFAULT pg_current_xact_id() NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE public.person_identifier (
    system text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    owner bigint NOT NULL
);

CREATE TABLE public.population (
    patient text NOT NULL COLLATE pg_catalog."C",
    register text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    died date,
    due timestamp with time zone NOT NULL
);

CREATE TABLE public.population_feed (
    one boolean DEFAULT true NOT NULL,
    next bigint DEFAULT 0 NOT NULL,
    due timestamp with time zone,
    heard timestamp with time zone,
    away_until timestamp with time zone,
    away_since timestamp with time zone,
    why text DEFAULT ''::text NOT NULL,
    CONSTRAINT population_feed_one_check CHECK (one)
);

CREATE TABLE public.reindex (
    owner bigint NOT NULL
);

CREATE TABLE public.reproject (
    owner bigint NOT NULL
);

CREATE TABLE public.resource (
    owner bigint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    last_updated timestamp with time zone NOT NULL,
    sort_date timestamp with time zone NOT NULL,
    controller bigint NOT NULL,
    unit bigint NOT NULL,
    author bigint NOT NULL,
    person boolean NOT NULL,
    deleted boolean DEFAULT false NOT NULL,
    labels text[] DEFAULT '{}'::text[] NOT NULL,
    about bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    tokens bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    hot integer,
    prints bytea
)
WITH (fillfactor='100');
ALTER TABLE ONLY public.resource ALTER COLUMN tokens SET STATISTICS 1000;

CREATE TABLE public.search_date (
    owner bigint NOT NULL,
    slot integer NOT NULL,
    type smallint NOT NULL,
    grp smallint NOT NULL,
    low timestamp with time zone NOT NULL,
    high timestamp with time zone NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.search_display (
    slot integer NOT NULL,
    value text NOT NULL COLLATE pg_catalog."C",
    token bigint NOT NULL,
    owner bigint NOT NULL
);

CREATE TABLE public.search_group (
    owner bigint NOT NULL,
    type smallint NOT NULL,
    grp smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    tokens bigint[] NOT NULL
);

CREATE TABLE public.search_number (
    owner bigint NOT NULL,
    slot integer NOT NULL,
    type smallint NOT NULL,
    grp smallint NOT NULL,
    base bigint NOT NULL,
    code bigint NOT NULL,
    name bigint NOT NULL,
    low numeric NOT NULL,
    high numeric NOT NULL,
    base_low numeric NOT NULL,
    base_high numeric NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.search_reference (
    owner bigint NOT NULL,
    slot integer NOT NULL,
    type smallint NOT NULL,
    grp smallint NOT NULL,
    target_owner bigint NOT NULL,
    target_type smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    target text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.search_rules (
    one boolean DEFAULT true NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT search_rules_one_check CHECK (one)
);

CREATE SEQUENCE public.search_rules_revision
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.search_string (
    owner bigint NOT NULL,
    slot integer NOT NULL,
    type smallint NOT NULL,
    grp smallint NOT NULL,
    exact bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.search_text (
    owner bigint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    narrative tsvector,
    words tsvector NOT NULL
);

CREATE TABLE public.search_token (
    token bigint NOT NULL,
    owner bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    named integer DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY public.search_token ALTER COLUMN token SET STATISTICS 1000;

CREATE TABLE public.sending (
    key text NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    led text,
    holder text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.signin_attempt (
    digest bytea NOT NULL,
    window_at timestamp with time zone NOT NULL,
    attempts integer NOT NULL
);

CREATE TABLE public.signin_replay (
    digest bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.signin_revoked (
    jti text NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.signin_session (
    digest bytea NOT NULL,
    actor jsonb,
    choices jsonb NOT NULL,
    provider text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    locked_at timestamp with time zone,
    issuer_person bytea,
    issuer_session bytea,
    page text
);

CREATE TABLE public.signin_ticket (
    digest bytea NOT NULL,
    kind text NOT NULL,
    content jsonb NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT signin_ticket_kind_check CHECK ((kind = ANY (ARRAY['request'::text, 'code'::text, 'state'::text, 'smart-request'::text, 'smart-code'::text, 'smart-launch'::text])))
);

CREATE TABLE public.smart_app (
    id text NOT NULL,
    name text NOT NULL,
    content jsonb NOT NULL,
    rate integer DEFAULT 0 NOT NULL,
    registered_at timestamp with time zone NOT NULL,
    CONSTRAINT smart_app_rate_check CHECK ((rate >= 0))
);

CREATE TABLE public.smart_grant (
    id text NOT NULL,
    app text NOT NULL,
    content jsonb NOT NULL,
    session bytea,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    person text NOT NULL,
    about bigint NOT NULL,
    begun_at timestamp with time zone NOT NULL
);

CREATE TABLE public.smart_refresh (
    digest bytea NOT NULL,
    grant_id text NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE public.subscription (
    key bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    subscriber text NOT NULL,
    actor text NOT NULL,
    plan text NOT NULL,
    type smallint NOT NULL,
    channel text NOT NULL,
    seconds smallint NOT NULL,
    status text NOT NULL,
    since timestamp with time zone NOT NULL,
    events bigint DEFAULT 0 NOT NULL,
    delivered bigint DEFAULT 0 NOT NULL,
    due timestamp with time zone,
    leased timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    failing timestamp with time zone,
    problem text DEFAULT ''::text NOT NULL,
    heard timestamp with time zone
);

CREATE TABLE public.subscription_event (
    subscription bigint NOT NULL,
    number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    owner bigint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL
);

CREATE TABLE public.terminology_closure (
    system bigint NOT NULL,
    ancestor integer NOT NULL,
    descendant integer NOT NULL,
    direct boolean NOT NULL
);

CREATE TABLE public.terminology_concept (
    system bigint NOT NULL,
    n integer NOT NULL,
    code text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    display text NOT NULL,
    abstract boolean NOT NULL,
    inactive boolean NOT NULL,
    body text NOT NULL,
    words text NOT NULL
);

CREATE TABLE public.terminology_map (
    id bigint NOT NULL,
    scope bigint DEFAULT 0 NOT NULL,
    url text NOT NULL COLLATE pg_catalog."C",
    version text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    source_set text NOT NULL COLLATE pg_catalog."C",
    target_set text NOT NULL COLLATE pg_catalog."C",
    head text NOT NULL
);

CREATE TABLE public.terminology_mapping (
    map bigint NOT NULL,
    n integer NOT NULL,
    part integer NOT NULL,
    source_system text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    target_system text NOT NULL COLLATE pg_catalog."C",
    target text NOT NULL COLLATE pg_catalog."C",
    equivalence text NOT NULL,
    body text NOT NULL
);

CREATE SEQUENCE public.terminology_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.terminology_property (
    system bigint NOT NULL,
    property text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    n integer NOT NULL
);

CREATE TABLE public.terminology_system (
    id bigint NOT NULL,
    scope bigint DEFAULT 0 NOT NULL,
    url text NOT NULL COLLATE pg_catalog."C",
    version text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    content text NOT NULL,
    supplements text NOT NULL COLLATE pg_catalog."C",
    case_sensitive boolean NOT NULL,
    concepts integer DEFAULT 0 NOT NULL,
    digest bytea NOT NULL,
    head bytea NOT NULL
);
ALTER TABLE ONLY public.terminology_system ALTER COLUMN head SET STORAGE EXTERNAL;

CREATE TABLE public.terminology_value_set (
    scope bigint DEFAULT 0 NOT NULL,
    url text NOT NULL COLLATE pg_catalog."C",
    version text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    digest bytea NOT NULL,
    body bytea NOT NULL
);
ALTER TABLE ONLY public.terminology_value_set ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE public.watch_day (
    unit bigint NOT NULL,
    day date NOT NULL,
    actor bigint NOT NULL,
    records integer NOT NULL,
    searches integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.watch_known (
    controller bigint NOT NULL,
    patient bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    known boolean NOT NULL,
    by_id text NOT NULL,
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    until date NOT NULL,
    by_name text DEFAULT ''::text NOT NULL,
    number text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT watch_known_check CHECK (((patient = 0) = (number <> ''::text)))
);

CREATE TABLE public.watch_listed (
    actor bigint NOT NULL,
    day date NOT NULL,
    unit bigint NOT NULL,
    patient bigint NOT NULL
);

CREATE TABLE public.watch_look (
    actor bigint NOT NULL,
    day date NOT NULL,
    unit bigint NOT NULL,
    patient bigint NOT NULL,
    controller bigint NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    actor_role text NOT NULL,
    unit_name text NOT NULL,
    opened integer NOT NULL,
    refused integer NOT NULL,
    openings integer NOT NULL,
    first timestamp with time zone NOT NULL,
    last timestamp with time zone NOT NULL,
    due timestamp with time zone
);

CREATE TABLE public.watch_search (
    actor bigint NOT NULL,
    day date NOT NULL,
    unit bigint NOT NULL,
    stream bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    patients bigint[] NOT NULL
);

CREATE TABLE public.watch_stream (
    stream bigint NOT NULL,
    seq bigint NOT NULL
);

CREATE TABLE public.worklist (
    unit bigint NOT NULL,
    person bigint DEFAULT 0 NOT NULL,
    owner bigint NOT NULL,
    type smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    state text NOT NULL,
    priority text DEFAULT ''::text NOT NULL,
    due timestamp with time zone,
    at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.access_log ATTACH PARTITION public.access_log_default DEFAULT;

ALTER TABLE ONLY public.access_log_patient ATTACH PARTITION public.access_log_patient_default DEFAULT;

ALTER TABLE ONLY public.access_log
    ADD CONSTRAINT access_log_pkey PRIMARY KEY (stream, seq, at);

ALTER TABLE ONLY public.access_log_default
    ADD CONSTRAINT access_log_default_pkey PRIMARY KEY (stream, seq, at);

ALTER TABLE ONLY public.access_log_patient
    ADD CONSTRAINT access_log_patient_pkey PRIMARY KEY (patient, at, stream, seq);

ALTER TABLE ONLY public.access_log_patient_default
    ADD CONSTRAINT access_log_patient_default_pkey PRIMARY KEY (patient, at, stream, seq);

ALTER TABLE ONLY public.access_removal
    ADD CONSTRAINT access_removal_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.access_seal
    ADD CONSTRAINT access_seal_pkey PRIMARY KEY (stream, from_seq);

ALTER TABLE ONLY public.access_stream
    ADD CONSTRAINT access_stream_pkey PRIMARY KEY (stream);

ALTER TABLE ONLY public.address_certificate
    ADD CONSTRAINT address_certificate_pkey PRIMARY KEY (her_id, fingerprint);

ALTER TABLE ONLY public.address
    ADD CONSTRAINT address_pkey PRIMARY KEY (her_id);

ALTER TABLE ONLY public.address_refused
    ADD CONSTRAINT address_refused_pkey PRIMARY KEY (her_id);

ALTER TABLE ONLY public.address_register
    ADD CONSTRAINT address_register_pkey PRIMARY KEY (her_id);

ALTER TABLE ONLY public.alert_choice
    ADD CONSTRAINT alert_choice_pkey PRIMARY KEY (owner);

ALTER TABLE ONLY public.alert_letter
    ADD CONSTRAINT alert_letter_pkey PRIMARY KEY (owner, id);

ALTER TABLE ONLY public.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (owner, stream, seq);

ALTER TABLE ONLY public.alert_stream
    ADD CONSTRAINT alert_stream_pkey PRIMARY KEY (stream);

ALTER TABLE ONLY public.author
    ADD CONSTRAINT author_pkey PRIMARY KEY (author);

ALTER TABLE ONLY public.authorisation
    ADD CONSTRAINT authorisation_pkey PRIMARY KEY (practitioner);

ALTER TABLE ONLY public.chain
    ADD CONSTRAINT chain_pkey PRIMARY KEY (owner, seq);

ALTER TABLE ONLY public.chain_seal
    ADD CONSTRAINT chain_seal_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.client_rate
    ADD CONSTRAINT client_rate_pkey PRIMARY KEY (client, minute_at);

ALTER TABLE ONLY public.condition
    ADD CONSTRAINT condition_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.draft
    ADD CONSTRAINT draft_pkey PRIMARY KEY (person, id);

ALTER TABLE ONLY public.ending
    ADD CONSTRAINT ending_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.erasure_line
    ADD CONSTRAINT erasure_line_pkey PRIMARY KEY (owner, seq, type, id);

ALTER TABLE ONLY public.erasure_page
    ADD CONSTRAINT erasure_page_pkey PRIMARY KEY (number);

ALTER TABLE ONLY public.erasure
    ADD CONSTRAINT erasure_pkey PRIMARY KEY (owner, seq, type, id);

ALTER TABLE ONLY public.export
    ADD CONSTRAINT export_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.fact
    ADD CONSTRAINT fact_pkey PRIMARY KEY (owner, type, id, n);

ALTER TABLE ONLY public.finding
    ADD CONSTRAINT finding_actor_day_unit_patient_key UNIQUE (actor, day, unit, patient);

ALTER TABLE ONLY public.finding_outcome
    ADD CONSTRAINT finding_outcome_pkey PRIMARY KEY (finding);

ALTER TABLE ONLY public.finding
    ADD CONSTRAINT finding_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.hold
    ADD CONSTRAINT hold_pkey PRIMARY KEY (owner, since);

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (bucket, id);

ALTER TABLE ONLY public.locator
    ADD CONSTRAINT locator_pkey PRIMARY KEY (type, id);

ALTER TABLE ONLY public.message_again
    ADD CONSTRAINT message_again_pkey PRIMARY KEY (bucket, digest, name, answer_to);

ALTER TABLE ONLY public.message_id
    ADD CONSTRAINT message_id_pkey PRIMARY KEY (msg_id, sender);

ALTER TABLE ONLY public.message_in
    ADD CONSTRAINT message_in_pkey PRIMARY KEY (bucket, digest);

ALTER TABLE ONLY public.message_move
    ADD CONSTRAINT message_move_pkey PRIMARY KEY (owner, key, number);

ALTER TABLE ONLY public.message_out
    ADD CONSTRAINT message_out_pkey PRIMARY KEY (owner, key);

ALTER TABLE ONLY public.migration_lock
    ADD CONSTRAINT migration_lock_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.news
    ADD CONSTRAINT news_pkey PRIMARY KEY (owner, seq);

ALTER TABLE ONLY public.opening_review
    ADD CONSTRAINT opening_review_pkey PRIMARY KEY (owner, consent, at);

ALTER TABLE ONLY public.own_parameter
    ADD CONSTRAINT own_parameter_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.owner
    ADD CONSTRAINT owner_pkey PRIMARY KEY (owner);

ALTER TABLE ONLY public.person_identifier
    ADD CONSTRAINT person_identifier_pkey PRIMARY KEY (system, value);

ALTER TABLE ONLY public.population_feed
    ADD CONSTRAINT population_feed_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.population
    ADD CONSTRAINT population_pkey PRIMARY KEY (patient);

ALTER TABLE ONLY public.reindex
    ADD CONSTRAINT reindex_pkey PRIMARY KEY (owner);

ALTER TABLE ONLY public.reproject
    ADD CONSTRAINT reproject_pkey PRIMARY KEY (owner);

ALTER TABLE ONLY public.resource
    ADD CONSTRAINT resource_pkey PRIMARY KEY (owner, type, id);

ALTER TABLE ONLY public.resource_version
    ADD CONSTRAINT resource_version_pkey PRIMARY KEY (owner, type, id, version);

ALTER TABLE ONLY public.search_rules
    ADD CONSTRAINT search_rules_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.search_token
    ADD CONSTRAINT search_token_pkey PRIMARY KEY (token, owner, id) INCLUDE (named);

ALTER TABLE ONLY public.sending
    ADD CONSTRAINT sending_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.signin_attempt
    ADD CONSTRAINT signin_attempt_pkey PRIMARY KEY (digest, window_at);

ALTER TABLE ONLY public.signin_replay
    ADD CONSTRAINT signin_replay_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.signin_revoked
    ADD CONSTRAINT signin_revoked_pkey PRIMARY KEY (jti);

ALTER TABLE ONLY public.signin_session
    ADD CONSTRAINT signin_session_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.signin_ticket
    ADD CONSTRAINT signin_ticket_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.smart_app
    ADD CONSTRAINT smart_app_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.smart_grant
    ADD CONSTRAINT smart_grant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.smart_refresh
    ADD CONSTRAINT smart_refresh_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.subscription_event
    ADD CONSTRAINT subscription_event_pkey PRIMARY KEY (subscription, number);

ALTER TABLE ONLY public.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.terminology_closure
    ADD CONSTRAINT terminology_closure_pkey PRIMARY KEY (system, ancestor, descendant);

ALTER TABLE ONLY public.terminology_concept
    ADD CONSTRAINT terminology_concept_pkey PRIMARY KEY (system, n);

ALTER TABLE ONLY public.terminology_map
    ADD CONSTRAINT terminology_map_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.terminology_map
    ADD CONSTRAINT terminology_map_url_version_scope_key UNIQUE (url, version, scope);

ALTER TABLE ONLY public.terminology_mapping
    ADD CONSTRAINT terminology_mapping_pkey PRIMARY KEY (map, n);

ALTER TABLE ONLY public.terminology_property
    ADD CONSTRAINT terminology_property_pkey PRIMARY KEY (system, property, value, n);

ALTER TABLE ONLY public.terminology_system
    ADD CONSTRAINT terminology_system_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.terminology_system
    ADD CONSTRAINT terminology_system_url_version_scope_key UNIQUE (url, version, scope);

ALTER TABLE ONLY public.terminology_value_set
    ADD CONSTRAINT terminology_value_set_pkey PRIMARY KEY (url, version, scope);

ALTER TABLE ONLY public.watch_day
    ADD CONSTRAINT watch_day_pkey PRIMARY KEY (unit, day, actor);

ALTER TABLE ONLY public.watch_known
    ADD CONSTRAINT watch_known_id_key UNIQUE (id);

ALTER TABLE ONLY public.watch_known
    ADD CONSTRAINT watch_known_pkey PRIMARY KEY (controller, patient, number, at);

ALTER TABLE ONLY public.watch_listed
    ADD CONSTRAINT watch_listed_pkey PRIMARY KEY (day, actor, unit, patient);

ALTER TABLE ONLY public.watch_look
    ADD CONSTRAINT watch_look_pkey PRIMARY KEY (actor, day, unit, patient);

ALTER TABLE ONLY public.watch_search
    ADD CONSTRAINT watch_search_pkey PRIMARY KEY (actor, day, unit, stream, seq);

ALTER TABLE ONLY public.watch_stream
    ADD CONSTRAINT watch_stream_pkey PRIMARY KEY (stream);

ALTER TABLE ONLY public.worklist
    ADD CONSTRAINT worklist_pkey PRIMARY KEY (unit, owner, type, id);

CREATE INDEX address_register_due ON public.address_register USING btree (due);

CREATE INDEX alert_at ON public.alert USING btree (owner, at);

CREATE INDEX alert_held ON public.alert USING btree (held_until) WHERE (held_until IS NOT NULL);

CREATE INDEX alert_letter_due ON public.alert_letter USING btree (due) WHERE ((sent IS NULL) AND (failed = ''::text));

CREATE UNIQUE INDEX alert_letter_waiting ON public.alert_letter USING btree (owner) WHERE ((NOT urgent) AND (tries = 0));

CREATE INDEX authorisation_due ON public.authorisation USING btree (due);

CREATE INDEX chain_at ON public.chain USING brin (at) WITH (pages_per_range='16', autosummarize='on');

CREATE INDEX chain_seal_at ON public.chain_seal USING btree (at);

CREATE INDEX condition_at ON public.condition USING btree (at);

CREATE INDEX draft_owner ON public.draft USING btree (owner);

CREATE INDEX ending_confirmed ON public.ending USING btree (id) WHERE (state = 'confirmed'::text);

CREATE INDEX ending_desk ON public.ending USING btree (keeper, state, last);

CREATE UNIQUE INDEX ending_open ON public.ending USING btree (owner, keeper) WHERE (state = ANY (ARRAY['proposed'::text, 'decided'::text, 'confirmed'::text]));

CREATE INDEX erasure_line_page ON public.erasure_line USING btree (page);

CREATE INDEX export_actor ON public.export USING btree (actor) WHERE (NOT ended);

CREATE INDEX export_at ON public.export USING btree (at);

CREATE INDEX fact_named ON public.fact USING btree ((((data)::json #>> '{value,named}'::text[]))) WHERE (kind = 'representation'::text);

CREATE INDEX fact_person ON public.fact USING btree (person, kind, owner) WHERE (person <> 0);

CREATE INDEX fact_subscriber ON public.fact USING btree (data) WHERE (kind = 'subscriber'::text);

CREATE INDEX fact_unit ON public.fact USING btree (unit, kind, owner) WHERE (unit <> 0);

CREATE INDEX finding_controller ON public.finding USING btree (controller, strength DESC, day DESC);

CREATE UNIQUE INDEX hold_standing ON public.hold USING btree (owner) WHERE (ended IS NULL);

CREATE INDEX idempotency_at ON public.idempotency USING btree (at);

CREATE INDEX job_due ON public.job USING btree (bucket, due) WHERE (NOT parked);

CREATE INDEX message_again_due ON public.message_again USING btree (due);

CREATE INDEX message_in_filed ON public.message_in USING btree (owner, filed_as) WHERE (owner IS NOT NULL);

CREATE INDEX message_in_for_humans ON public.message_in USING btree (deadline) WHERE ((state = 'refused'::text) AND (handled_at IS NULL));

CREATE INDEX message_in_kept ON public.message_in USING btree (bucket, due) WHERE (state = 'kept'::text);

CREATE INDEX message_out_answers ON public.message_out USING btree (answers) WHERE (answers IS NOT NULL);

CREATE INDEX message_out_asked_about ON public.message_out USING btree (bucket, due) WHERE ((carrier_id <> ''::text) AND ((state = 'sent'::text) OR ((state = 'delivered'::text) AND wants_apprec) OR ((state = 'overdue'::text) AND (type = 'BEKYMRINGSMELDING'::text))));

CREATE INDEX message_out_deadline ON public.message_out USING btree (deadline) WHERE (wants_apprec AND (state = ANY (ARRAY['queued'::text, 'sent'::text, 'delivered'::text])));

CREATE INDEX message_out_due ON public.message_out USING btree (bucket, due) WHERE (state = 'queued'::text);

CREATE INDEX message_out_for_humans ON public.message_out USING btree (deadline) WHERE (state = ANY (ARRAY['rejected'::text, 'partial'::text, 'overdue'::text, 'failed'::text]));

CREATE INDEX message_out_report ON public.message_out USING btree (carrier_id) WHERE (type = 'BEKYMRINGSMELDING'::text);

CREATE INDEX message_out_resting ON public.message_out USING btree (rests_for, due) WHERE ((state = 'queued'::text) AND (rests_for <> ''::text));

CREATE INDEX message_out_stuck ON public.message_out USING btree (created_at) WHERE ((state = 'queued'::text) OR ((state = 'sent'::text) AND (wants_apprec OR (carrier_id <> ''::text))));

CREATE INDEX message_out_told_of ON public.message_out USING btree (owner, told_of) WHERE (told_of <> ''::text);

CREATE INDEX news_of_tasks ON public.news USING btree (owner, seq) WHERE (140 = ANY (types));

CREATE INDEX news_waiting ON public.news USING btree (bucket, at);

CREATE INDEX owner_changed ON public.owner USING btree (facts_tx);

CREATE INDEX owner_restricted ON public.owner USING btree (owner) WHERE restricted;

CREATE INDEX person_identifier_owner ON public.person_identifier USING btree (owner);

CREATE INDEX population_due ON public.population USING btree (due);

CREATE INDEX population_register ON public.population USING btree (register) WHERE (register <> ''::text);

CREATE INDEX resource_by_date ON public.resource USING btree (owner, type, sort_date DESC) WHERE (NOT deleted);

CREATE INDEX resource_by_owner ON public.resource USING btree (type, owner) WHERE (NOT deleted);

CREATE INDEX resource_by_update ON public.resource USING btree (type, last_updated DESC) WHERE (NOT deleted);

CREATE INDEX resource_tokens ON public.resource USING gin (tokens) WITH (fastupdate='on', gin_pending_list_limit='256');

CREATE INDEX search_date_high ON public.search_date USING btree (slot, high);

CREATE INDEX search_date_low ON public.search_date USING btree (slot, low);

CREATE INDEX search_date_place ON public.search_date USING btree (((owner # ((hashtext(id) & 2147483647))::bigint)));

CREATE INDEX search_display_owner ON public.search_display USING btree (owner);

CREATE INDEX search_display_token ON public.search_display USING btree (token);

CREATE INDEX search_display_value ON public.search_display USING btree (slot, value);

CREATE INDEX search_group_place ON public.search_group USING btree (((owner # ((hashtext(id) & 2147483647))::bigint)));

CREATE INDEX search_number_base ON public.search_number USING btree (slot, base, base_low);

CREATE INDEX search_number_base_wide ON public.search_number USING btree (slot, base, base_high) WHERE (base_low < base_high);

CREATE INDEX search_number_low ON public.search_number USING btree (slot, low);

CREATE INDEX search_number_place ON public.search_number USING btree (((owner # ((hashtext(id) & 2147483647))::bigint)));

CREATE INDEX search_number_wide ON public.search_number USING btree (slot, high) WHERE (low < high);

CREATE INDEX search_reference_place ON public.search_reference USING btree (((owner # ((hashtext(id) & 2147483647))::bigint)));

CREATE INDEX search_reference_target ON public.search_reference USING btree (target, slot);

CREATE INDEX search_string_parts ON public.search_string USING gin (value public.gin_trgm_ops) WITH (gin_pending_list_limit='256');

CREATE INDEX search_string_place ON public.search_string USING btree (((owner # ((hashtext(id) & 2147483647))::bigint)));

CREATE INDEX search_string_value ON public.search_string USING btree (slot, value);

CREATE INDEX search_text_narrative ON public.search_text USING gin (narrative) WITH (gin_pending_list_limit='256') WHERE (narrative IS NOT NULL);

CREATE INDEX search_text_place ON public.search_text USING btree (((owner # ((hashtext(id) & 2147483647))::bigint)));

CREATE INDEX search_text_words ON public.search_text USING gin (words) WITH (gin_pending_list_limit='256');

CREATE INDEX signin_attempt_window ON public.signin_attempt USING btree (window_at);

CREATE INDEX signin_replay_expiry ON public.signin_replay USING btree (expires_at);

CREATE INDEX signin_revoked_expiry ON public.signin_revoked USING btree (expires_at);

CREATE INDEX signin_session_issuers ON public.signin_session USING btree (issuer_session);

CREATE INDEX signin_session_person ON public.signin_session USING btree (issuer_person);

CREATE INDEX signin_session_started ON public.signin_session USING btree (started_at);

CREATE INDEX signin_ticket_expiry ON public.signin_ticket USING btree (expires_at);

CREATE INDEX smart_grant_about ON public.smart_grant USING btree (about) WHERE (about <> 0);

CREATE INDEX smart_grant_app ON public.smart_grant USING btree (app);

CREATE INDEX smart_grant_expiry ON public.smart_grant USING btree (expires_at);

CREATE INDEX smart_grant_person ON public.smart_grant USING btree (person);

CREATE INDEX smart_refresh_grant ON public.smart_refresh USING btree (grant_id);

CREATE INDEX subscription_due ON public.subscription USING btree (due) WHERE (due IS NOT NULL);

CREATE INDEX subscription_event_at ON public.subscription_event USING btree (at);

CREATE UNIQUE INDEX subscription_event_version ON public.subscription_event USING btree (subscription, owner, type, id, version);

CREATE INDEX subscription_subscriber ON public.subscription USING btree (subscriber);

CREATE INDEX subscription_type ON public.subscription USING btree (type) WHERE (status <> 'off'::text);

CREATE INDEX terminology_closure_up ON public.terminology_closure USING btree (system, descendant, ancestor) INCLUDE (direct);

CREATE UNIQUE INDEX terminology_concept_key ON public.terminology_concept USING btree (system, key);

CREATE INDEX terminology_concept_words ON public.terminology_concept USING gin (to_tsvector('simple'::regconfig, words)) WITH (gin_pending_list_limit='256');

CREATE INDEX terminology_map_source ON public.terminology_map USING btree (source);

CREATE INDEX terminology_mapping_source ON public.terminology_mapping USING btree (source, source_system);

CREATE INDEX terminology_mapping_target ON public.terminology_mapping USING btree (target, target_system);

CREATE INDEX terminology_property_n ON public.terminology_property USING btree (system, n, property);

CREATE INDEX terminology_system_source ON public.terminology_system USING btree (source);

CREATE INDEX terminology_system_supplements ON public.terminology_system USING btree (supplements) WHERE (supplements <> ''::text);

CREATE INDEX terminology_value_set_source ON public.terminology_value_set USING btree (source);

CREATE INDEX version_by_owner ON public.resource_version USING btree (owner, type, last_updated) WHERE (version > 0);

CREATE INDEX version_by_time ON public.resource_version USING btree (type, last_updated);

CREATE INDEX watch_day_actor ON public.watch_day USING btree (actor, day);

CREATE INDEX watch_look_day ON public.watch_look USING btree (day);

CREATE INDEX watch_look_due ON public.watch_look USING btree (due) WHERE (due IS NOT NULL);

CREATE INDEX watch_look_patient ON public.watch_look USING btree (patient, day);

CREATE INDEX watch_search_day ON public.watch_search USING btree (day);

CREATE INDEX worklist_open ON public.worklist USING btree (unit, state, due);

CREATE INDEX worklist_person ON public.worklist USING btree (person, state, due) WHERE (person <> 0);

CREATE INDEX worklist_resource ON public.worklist USING btree (owner, type, id);

ALTER INDEX public.access_log_pkey ATTACH PARTITION public.access_log_default_pkey;

ALTER INDEX public.access_log_patient_pkey ATTACH PARTITION public.access_log_patient_default_pkey;

CREATE TRIGGER fact_joins AFTER INSERT ON public.fact FOR EACH ROW WHEN (((new.unit <> 0) AND (new.kind = ANY (ARRAY['relation'::text, 'employment'::text, 'unit'::text])))) EXECUTE FUNCTION public.fact_joins_v1();

CREATE TRIGGER fact_named AFTER DELETE ON public.fact FOR EACH ROW WHEN (((old.kind = 'representation'::text) AND (old.person = 0))) EXECUTE FUNCTION public.fact_named_v1();

CREATE TRIGGER fact_names BEFORE INSERT ON public.fact FOR EACH ROW WHEN (((new.kind = 'representation'::text) AND (((new.data)::json #>> '{value,named}'::text[]) IS NOT NULL))) EXECUTE FUNCTION public.fact_names_v1();

CREATE TRIGGER owner_facts BEFORE UPDATE OF facts_rev ON public.owner FOR EACH ROW EXECUTE FUNCTION public.owner_facts_v1();

CREATE CONSTRAINT TRIGGER person_identifier_comes AFTER INSERT ON public.person_identifier DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.owner <> 0)) EXECUTE FUNCTION public.person_identifier_held_v1();

CREATE CONSTRAINT TRIGGER person_identifier_goes AFTER DELETE ON public.person_identifier DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.owner <> 0)) EXECUTE FUNCTION public.person_identifier_held_v1();

CREATE CONSTRAINT TRIGGER person_identifier_moves AFTER UPDATE ON public.person_identifier DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.owner <> old.owner)) EXECUTE FUNCTION public.person_identifier_held_v1();

CREATE TRIGGER person_identifier_taken BEFORE INSERT ON public.person_identifier FOR EACH ROW WHEN (((pg_trigger_depth() = 0) AND (new.owner <> 0))) EXECUTE FUNCTION public.person_identifier_taken_v1();

ALTER TABLE ONLY public.erasure_line
    ADD CONSTRAINT erasure_line_page_fkey FOREIGN KEY (page) REFERENCES public.erasure_page(number);

ALTER TABLE ONLY public.finding_outcome
    ADD CONSTRAINT finding_outcome_finding_fkey FOREIGN KEY (finding) REFERENCES public.finding(id);

ALTER TABLE ONLY public.smart_grant
    ADD CONSTRAINT smart_grant_app_fkey FOREIGN KEY (app) REFERENCES public.smart_app(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.smart_refresh
    ADD CONSTRAINT smart_refresh_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES public.smart_grant(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.subscription_event
    ADD CONSTRAINT subscription_event_subscription_fkey FOREIGN KEY (subscription) REFERENCES public.subscription(key) ON DELETE CASCADE;

GRANT USAGE ON SCHEMA public TO akson_app;
GRANT USAGE ON SCHEMA public TO akson_eraser;
GRANT USAGE ON SCHEMA public TO akson_auditor;

GRANT ALL ON FUNCTION public.access_append_v1(the_stream bigint, first bigint, a_kind text[], a_id text[], a_key bigint[], a_name text[], a_role text[], a_unit bigint[], a_unit_name text[], a_controller bigint[], a_controller_name text[], a_signed_in text[], r_who integer[], r_at timestamp with time zone[], r_purpose text[], r_screen text[], r_request text[], r_outcome text[], r_reason text[], r_patients text[], r_seen text[], r_leaf text[]) TO akson_app;

GRANT ALL ON FUNCTION public.access_append_v2(the_stream bigint, first bigint, acting text[], told text[], seen text[]) TO akson_app;

REVOKE ALL ON FUNCTION public.access_drop_v2(month date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.access_drop_v2(month date) TO akson_eraser;

REVOKE ALL ON FUNCTION public.access_log_ahead(day date) FROM PUBLIC;
GRANT ALL ON FUNCTION public.access_log_ahead(day date) TO akson_app;

REVOKE ALL ON FUNCTION public.access_remove_rows_v1(number bigint, stream bigint, first bigint, upto bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.access_remove_rows_v1(number bigint, stream bigint, first bigint, upto bigint) TO akson_eraser;

REVOKE ALL ON FUNCTION public.access_remove_v2(number bigint, at timestamp with time zone, before timestamp with time zone, streams bigint[], rows bigint[], digests bytea, previous bytea, signature bytea, key_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.access_remove_v2(number bigint, at timestamp with time zone, before timestamp with time zone, streams bigint[], rows bigint[], digests bytea, previous bytea, signature bytea, key_id text) TO akson_eraser;

REVOKE ALL ON FUNCTION public.exchange_erase_v1(the_owner bigint, ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.exchange_erase_v1(the_owner bigint, ids text[]) TO akson_eraser;

REVOKE ALL ON FUNCTION public.journal_analyze_v1(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.journal_analyze_v1(name text) TO akson_app;

GRANT ALL ON FUNCTION public.journal_current_v1(owners bigint[], types smallint[], ids text[]) TO akson_app;

REVOKE ALL ON FUNCTION public.journal_erase_v2(at timestamp with time zone, the_owner bigint, rev bigint, types smallint[], ids text[], decision text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.journal_erase_v2(at timestamp with time zone, the_owner bigint, rev bigint, types smallint[], ids text[], decision text) TO akson_eraser;

REVOKE ALL ON FUNCTION public.journal_erase_v3(at timestamp with time zone, the_owner bigint, rev bigint, types smallint[], ids text[], decision text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.journal_erase_v3(at timestamp with time zone, the_owner bigint, rev bigint, types smallint[], ids text[], decision text) TO akson_eraser;

GRANT ALL ON FUNCTION public.journal_export_v1(owners bigint[], kind smallint, since timestamp with time zone, upto timestamp with time zone, a_at timestamp with time zone, a_owner bigint, a_n integer, bare boolean, most integer) TO akson_app;

GRANT ALL ON FUNCTION public.journal_history_v1(owners bigint[], owned smallint[], types smallint[], since timestamp with time zone, until timestamp with time zone, at timestamp with time zone, b_at timestamp with time zone, b_owner bigint, b_n integer, most integer) TO akson_app;

GRANT ALL ON FUNCTION public.journal_index_v3(c_owner bigint[], c_type smallint[], c_id text[], c_tokens text[], c_hot integer[], c_prints bytea[], g_n integer[], g_grp smallint[], g_token bigint[], r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[], s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[], d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamp with time zone[], d_high timestamp with time zone[], q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[], q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[], w_n integer[], w_narrative text[], w_words text[]) TO akson_app;

GRANT SELECT,INSERT ON TABLE public.resource_version TO akson_app;

REVOKE ALL ON FUNCTION public.journal_lock_v1(o_key bigint[], h_owner bigint[], h_type smallint[], h_id text[], i_system text[], i_value text[], i_owner bigint[], f_data text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.journal_lock_v1(o_key bigint[], h_owner bigint[], h_type smallint[], h_id text[], i_system text[], i_value text[], i_owner bigint[], f_data text[]) TO akson_app;
GRANT ALL ON FUNCTION public.journal_lock_v1(o_key bigint[], h_owner bigint[], h_type smallint[], h_id text[], i_system text[], i_value text[], i_owner bigint[], f_data text[]) TO akson_eraser;

GRANT ALL ON FUNCTION public.journal_standing_v3(owners bigint[], types smallint[], ids text[], wanted smallint[]) TO akson_app;

GRANT ALL ON FUNCTION public.journal_values_v1(anew boolean, c_owner bigint[], c_type smallint[], c_id text[], c_expect integer[], c_tokens text[], c_hot integer[], c_prints bytea[], g_n integer[], g_grp smallint[], g_token bigint[], r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[], s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[], d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamp with time zone[], d_high timestamp with time zone[], q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[], q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[], w_n integer[], w_narrative text[], w_words text[]) TO akson_app;

GRANT ALL ON FUNCTION public.journal_write_v4(set_at timestamp with time zone[], set_author bigint[], set_told text[], set_controller bigint[], set_unit bigint[], set_actor bigint[], set_before integer[], waits boolean, o_set integer[], o_key bigint[], o_fresh integer, o_type smallint[], o_rev bigint[], o_facts boolean[], c_o integer[], c_owner bigint[], c_type smallint[], c_id text[], c_expect integer[], c_method text[], c_body bytea[], c_salt bytea[], c_sort timestamp with time zone[], c_person boolean[], c_labels text[], c_about text[], c_tokens text[], c_hot integer[], c_prints bytea[], g_n integer[], g_grp smallint[], g_token bigint[], r_n integer[], r_slot integer[], r_grp smallint[], r_type smallint[], r_owner bigint[], r_target text[], s_n integer[], s_slot integer[], s_grp smallint[], s_value text[], s_exact bigint[], d_n integer[], d_slot integer[], d_grp smallint[], d_low timestamp with time zone[], d_high timestamp with time zone[], q_n integer[], q_slot integer[], q_grp smallint[], q_low numeric[], q_high numeric[], q_base bigint[], q_base_low numeric[], q_base_high numeric[], q_code bigint[], q_name bigint[], w_n integer[], w_narrative text[], w_words text[], f_n integer[], f_kind text[], f_unit bigint[], f_person bigint[], f_data text[], i_system text[], i_value text[], i_owner bigint[], l_type smallint[], l_id text[], l_owner bigint[]) TO akson_app;

REVOKE ALL ON FUNCTION public.message_home_v1(sent_by bigint, her bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.message_home_v1(sent_by bigint, her bigint) TO akson_app;

REVOKE ALL ON FUNCTION public.message_of_v1(homes bigint[], sent_by bigint, her bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.message_of_v1(homes bigint[], sent_by bigint, her bigint) TO akson_app;

REVOKE ALL ON FUNCTION public.messages_underway_v1(asked bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.messages_underway_v1(asked bigint) TO akson_app;

REVOKE ALL ON FUNCTION public.record_end_v1(which uuid, at timestamp with time zone, rev bigint, decision text, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_end_v1(which uuid, at timestamp with time zone, rev bigint, decision text, most integer) TO akson_eraser;

GRANT ALL ON FUNCTION public.record_entries_v1(whose bigint) TO akson_app;

GRANT ALL ON FUNCTION public.record_held_v1(whose bigint, before timestamp with time zone) TO akson_app;

GRANT ALL ON FUNCTION public.record_part_v1(whose bigint, whom bigint) TO akson_app;

REVOKE ALL ON FUNCTION public.search_display_end_v1(the_owner bigint, stood bigint[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.search_display_v1(slots integer[], texts text[], tokens bigint[], owners bigint[], times timestamp with time zone[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.search_display_v1(slots integer[], texts text[], tokens bigint[], owners bigint[], times timestamp with time zone[]) TO akson_app;

GRANT ALL ON FUNCTION public.search_rules_v1(the_revision bigint) TO akson_app;

GRANT ALL ON FUNCTION public.subscription_emit_v1(which bigint, at timestamp with time zone, whose bigint, types smallint[], ids text[], versions integer[]) TO akson_app;

REVOKE ALL ON FUNCTION public.unit_closed_v1(asked bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.unit_closed_v1(asked bigint) TO akson_app;

GRANT SELECT,INSERT ON TABLE public.access_log TO akson_app;
GRANT SELECT ON TABLE public.access_log TO akson_auditor;

GRANT SELECT,INSERT ON TABLE public.access_log_patient TO akson_app;
GRANT SELECT ON TABLE public.access_log_patient TO akson_auditor;

GRANT SELECT ON TABLE public.access_removal TO akson_app;
GRANT SELECT ON TABLE public.access_removal TO akson_auditor;

GRANT SELECT,INSERT ON TABLE public.access_seal TO akson_app;
GRANT SELECT ON TABLE public.access_seal TO akson_auditor;

GRANT SELECT,INSERT ON TABLE public.access_stream TO akson_app;
GRANT SELECT ON TABLE public.access_stream TO akson_auditor;

GRANT SELECT,INSERT,UPDATE ON TABLE public.address TO akson_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.address_certificate TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.address_refused TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.address_register TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.alert TO akson_app;

GRANT UPDATE(at) ON TABLE public.alert TO akson_app;

GRANT UPDATE(held_until) ON TABLE public.alert TO akson_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.alert_choice TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.alert_letter TO akson_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.alert_stream TO akson_app;

GRANT SELECT,INSERT ON TABLE public.author TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.authorisation TO akson_app;

GRANT SELECT,INSERT ON TABLE public.chain TO akson_app;

GRANT SELECT,INSERT ON TABLE public.chain_seal TO akson_app;
GRANT SELECT ON TABLE public.chain_seal TO akson_auditor;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.client_rate TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.condition TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.draft TO akson_app;

GRANT SELECT,INSERT ON TABLE public.ending TO akson_app;

GRANT UPDATE(state) ON TABLE public.ending TO akson_app;

GRANT UPDATE(decided_by) ON TABLE public.ending TO akson_app;

GRANT UPDATE(decided) ON TABLE public.ending TO akson_app;

GRANT UPDATE(confirmed_by) ON TABLE public.ending TO akson_app;

GRANT UPDATE(confirmed) ON TABLE public.ending TO akson_app;

GRANT UPDATE(kept_until) ON TABLE public.ending TO akson_app;

GRANT UPDATE(ended) ON TABLE public.ending TO akson_app;

GRANT SELECT ON TABLE public.erasure TO akson_app;

GRANT SELECT,INSERT ON TABLE public.erasure_line TO akson_app;

GRANT SELECT,INSERT ON TABLE public.erasure_page TO akson_app;

GRANT UPDATE(written) ON TABLE public.erasure_page TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.export TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.fact TO akson_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.finding TO akson_app;

GRANT SELECT,INSERT ON TABLE public.finding_outcome TO akson_app;

GRANT SELECT,INSERT ON TABLE public.hold TO akson_app;

GRANT UPDATE(ended) ON TABLE public.hold TO akson_app;

GRANT UPDATE(ended_by) ON TABLE public.hold TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.job TO akson_app;

GRANT SELECT,INSERT ON TABLE public.locator TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.message_again TO akson_app;

GRANT UPDATE(due) ON TABLE public.message_again TO akson_app;

GRANT SELECT,INSERT ON TABLE public.message_id TO akson_app;

GRANT SELECT,INSERT ON TABLE public.message_in TO akson_app;

GRANT UPDATE(state) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(times) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(due) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(attempts) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(type) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(msg_id) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(sender) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(owner) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(filed_as) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(unit) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(responsible) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(deadline) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(handled_at) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(fault_code) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(fault_text) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(handled_by) ON TABLE public.message_in TO akson_app;

GRANT UPDATE(handled_why) ON TABLE public.message_in TO akson_app;

GRANT SELECT,INSERT ON TABLE public.message_move TO akson_app;

GRANT SELECT,INSERT ON TABLE public.message_out TO akson_app;

GRANT UPDATE(state) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(responsible) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(deadline) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(due) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(attempts) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(sent_at) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(delivered_at) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(settled_at) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(answered_at) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(fault_code) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(fault_text) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(carrier_id) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(rounds) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(moves) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(rests_for) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(untold) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(leaving) ON TABLE public.message_out TO akson_app;

GRANT UPDATE(unexplained) ON TABLE public.message_out TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.news TO akson_app;

GRANT SELECT,INSERT ON TABLE public.opening_review TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.own_parameter TO akson_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.owner TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.person_identifier TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.population TO akson_app;

GRANT SELECT,UPDATE ON TABLE public.population_feed TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reindex TO akson_app;

GRANT SELECT,DELETE,UPDATE ON TABLE public.reproject TO akson_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.resource TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.search_date TO akson_app;

GRANT SELECT,INSERT ON TABLE public.search_display TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.search_group TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.search_number TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.search_reference TO akson_app;

GRANT SELECT,UPDATE ON TABLE public.search_rules TO akson_app;

GRANT USAGE ON SEQUENCE public.search_rules_revision TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.search_string TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.search_text TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.search_token TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sending TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.signin_attempt TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.signin_replay TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.signin_revoked TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.signin_session TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.signin_ticket TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.smart_app TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.smart_grant TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.smart_refresh TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subscription TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subscription_event TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.terminology_closure TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.terminology_concept TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.terminology_map TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.terminology_mapping TO akson_app;

GRANT USAGE ON SEQUENCE public.terminology_number TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.terminology_property TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.terminology_system TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.terminology_value_set TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.watch_day TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.watch_known TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.watch_listed TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.watch_look TO akson_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.watch_search TO akson_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.watch_stream TO akson_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.worklist TO akson_app;
