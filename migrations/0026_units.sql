-- A program, or a job of ours, that writes a new version stands for no unit: what it changes is still what the unit before
-- has written. So blocks on what a unit has written hold, and the unit that wrote what the patient would keep from others
-- still sees it. Only this line of the function is another than in 0021_write.sql.
DO $$
DECLARE
  was text := pg_get_functiondef('journal_write_v3'::regproc);
  becomes text := replace(was, 'controller = c_controller, unit = c_unit, author',
                          'controller = CASE WHEN c_unit = 0 THEN r.controller ELSE c_controller END,'
                          ' unit = CASE WHEN c_unit = 0 THEN r.unit ELSE c_unit END, author');
BEGIN
  IF becomes = was THEN RAISE EXCEPTION 'journal_write_v3 is not as 0021_write.sql made it'; END IF;
  EXECUTE becomes;
END $$;
