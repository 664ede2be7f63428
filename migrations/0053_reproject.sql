-- What a person's record says of the person was made of it by earlier rules: of those who had died nobody knows when, so who was related
-- to them then is not known either. It is made anew, owner by owner (record/reprojecting.py). Empty: all follows the rules of now.
CREATE TABLE reproject (owner bigint PRIMARY KEY);
INSERT INTO reproject
SELECT DISTINCT f.owner FROM fact f
 WHERE f.kind = 'person' AND (f.data::json #>> '{value,deceased}')::boolean AND f.data::json #> '{value,died}' IS NULL;
GRANT SELECT, UPDATE, DELETE ON reproject TO akson_app;
