-- no transaction
-- A barnevern answers a report by what its transport called it, also a report that stands in no record.
DROP INDEX CONCURRENTLY IF EXISTS message_out_report;
CREATE INDEX CONCURRENTLY message_out_report ON message_out (carrier_id) WHERE type = 'BEKYMRINGSMELDING';
