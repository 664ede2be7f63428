-- When the key of the search hashes is changed, the search values of everybody are made anew.
GRANT INSERT ON reindex TO akson_app;
