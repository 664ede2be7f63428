-- no transaction
-- A report to a barnevern that is overdue is asked about further: the barnevern's system may fetch it late, or Fiks post it.
DROP INDEX CONCURRENTLY IF EXISTS message_out_asked_about;
CREATE INDEX CONCURRENTLY message_out_asked_about ON message_out (bucket, due)
  WHERE carrier_id <> '' AND (state = 'sent' OR state = 'delivered' AND wants_apprec OR state = 'overdue' AND type = 'BEKYMRINGSMELDING');
DROP INDEX CONCURRENTLY IF EXISTS message_out_unconfirmed;
