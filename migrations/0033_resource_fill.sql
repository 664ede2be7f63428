-- Every change of a resource changes when it was last updated, which is indexed: so no new row takes the place of the old one
-- without new index entries, and room kept for that on each page is room for nothing.
ALTER TABLE resource SET (fillfactor = 100);
