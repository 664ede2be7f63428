-- Code systems are numbered as they come instead of at random: what is written of one stands at the end of each
-- index, whose pages are then filled. What is told of code systems and value sets is packed by the program (zstd), which reads
-- what was stored before as well.
CREATE SEQUENCE terminology_number;
GRANT USAGE ON SEQUENCE terminology_number TO akson_app;
ALTER TABLE terminology_system ALTER COLUMN head TYPE bytea USING convert_to(head, 'UTF8');
ALTER TABLE terminology_value_set ALTER COLUMN body TYPE bytea USING convert_to(body, 'UTF8');
ALTER TABLE terminology_system ALTER COLUMN head SET STORAGE EXTERNAL;
ALTER TABLE terminology_value_set ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER INDEX terminology_concept_words SET (gin_pending_list_limit = 256);  -- as in 0068_smaller.sql
