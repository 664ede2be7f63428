-- Nobody is found by anything in a record whose addresses are protected: its search values are made anew.
INSERT INTO reindex SELECT owner FROM owner WHERE restricted ON CONFLICT DO NOTHING;
