-- Nobody is found by a protected address any longer: the search values of persons who have one are made anew.
INSERT INTO reindex SELECT owner FROM owner WHERE restricted ON CONFLICT DO NOTHING;
