-- Of the few rows that are believed to be there all would be sorted; of a large record a page needs the first only.
ALTER FUNCTION journal_history_v1 SET enable_sort TO off;
ALTER FUNCTION journal_export_v1 SET enable_sort TO off;
