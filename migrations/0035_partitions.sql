-- Servers that start in a new month make the log's partitions at the same moment. Each looked into the default partition
-- before it asked for it alone, so two of them waited for each other until their patience ended, up to six times in a row. Now
-- they take turns, and who finds all made waits for nobody.
CREATE OR REPLACE FUNCTION access_log_ahead(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '1s' SET timezone = 'UTC'
AS $$
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
END $$;
