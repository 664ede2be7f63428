-- Messages that are signed and encrypted on their way: the certificates of those outside, and what came as it came.

-- Certificates that messages to a party are encrypted to, or that it signs with. A party that has one writes and is written to sealed.
CREATE TABLE address_certificate (
  her_id       bigint NOT NULL,              -- of a service, or of the organisation for all its services
  fingerprint  bytea NOT NULL,               -- SHA-256 of it
  certificate  bytea NOT NULL,               -- DER
  added_at     timestamptz NOT NULL,
  withdrawn_at timestamptz,                  -- counts no longer; kept, so that nothing goes in the open by it
  PRIMARY KEY (her_id, fingerprint)
);
GRANT SELECT, INSERT, UPDATE ON address_certificate TO akson_app;

ALTER TABLE message_in ADD COLUMN sealed bytea;  -- as it came, where `body` was signed and encrypted in it; null else, and after an erasure
ALTER TABLE message_in ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE OR REPLACE FUNCTION exchange_erase_v1(the_owner bigint, ids text[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  emptied bigint;
  more bigint;
BEGIN
  UPDATE message_in SET body = NULL, sealed = NULL, handled_why = ''
   WHERE owner = the_owner AND filed_as = ANY (ids) AND body IS NOT NULL;
  GET DIAGNOSTICS emptied = ROW_COUNT;
  UPDATE message_move v SET why = '' FROM message_out m
   WHERE m.owner = the_owner AND m.told_of = ANY (ids) AND v.owner = m.owner AND v.key = m.key;
  UPDATE message_out SET fault_text = 'Slettet før den ble sendt.', state = 'failed'
   WHERE owner = the_owner AND told_of = ANY (ids) AND state = 'queued';
  UPDATE message_out SET body = NULL WHERE owner = the_owner AND told_of = ANY (ids) AND body IS NOT NULL;
  GET DIAGNOSTICS more = ROW_COUNT;
  RETURN emptied + more;
END $$;
