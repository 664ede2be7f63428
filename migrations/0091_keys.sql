-- What the step before made takes the place and the name of what it replaces.

DROP INDEX resource_walk;
ALTER INDEX resource_owners RENAME TO resource_walk;
DROP INDEX resource_chart;
ALTER INDEX resource_dates RENAME TO resource_chart;
DROP INDEX resource_by_time;
ALTER INDEX resource_time RENAME TO resource_by_time;
DROP INDEX version_type;
ALTER INDEX version_time RENAME TO version_type;
DROP INDEX version_owner;
ALTER INDEX version_owner_time RENAME TO version_owner;
ALTER TABLE search_token DROP CONSTRAINT search_token_pkey;

-- Of the few rows that are believed to be there all would be sorted; of a large record a page needs the first only.
ALTER FUNCTION journal_history_v1 SET enable_sort TO off;
ALTER FUNCTION journal_export_v1 SET enable_sort TO off;
