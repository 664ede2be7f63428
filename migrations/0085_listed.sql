-- Lists of persons as apps get them, for the surveillance: counted by how many persons stand in them, whatever their pages.

-- listed: no search for somebody, but a list of several, or a page of one
ALTER TABLE watch_search ADD COLUMN listed boolean NOT NULL DEFAULT false;
