-- Search values say more: of each element that composites compare within, which parts stand there (search_group then has a
-- row of every such element), and of references the type of what is not to be had here. So all are made anew.
INSERT INTO reindex SELECT owner FROM owner ON CONFLICT DO NOTHING;
