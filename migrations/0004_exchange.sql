-- The exchange: everything received, byte for byte; everything on its way out; where messages go.
-- A message is never deleted by the application. A decided erasure empties its body (exchange_erase_v1).

-- The address register as we know it: whom a HER-id belongs to and how it is reached.
CREATE TABLE address (
  her_id     bigint PRIMARY KEY,
  name       text NOT NULL,
  parent     bigint NOT NULL DEFAULT 0,      -- HER-id on level 1, named in message headers; 0: is level 1 itself
  org_number text NOT NULL DEFAULT '',       -- Enhetsregisteret
  unit       bigint NOT NULL DEFAULT 0,      -- owner key of the Organization, when it stands in the journal
  unit_id    text NOT NULL DEFAULT '',       -- the same as a reference, Organization/<id>
  ours       boolean NOT NULL,               -- served by this installation: messages to it are filed here
  endpoint   text NOT NULL DEFAULT ''        -- where the local transport posts; '' for ours and for unreachable parties
);

-- What came in, exactly as it came. The key is the digest of the bytes: the same bytes twice are one row.
CREATE TABLE message_in (
  bucket       smallint NOT NULL,            -- first byte of the digest, 0-63
  digest       bytea NOT NULL,               -- sha256 of the body
  body         bytea,                        -- null only after a decided erasure
  state        text NOT NULL,                -- kept, filed, receipt, refused
  received_at  timestamptz NOT NULL,
  times        integer NOT NULL DEFAULT 1,   -- how often these bytes have come
  again        boolean NOT NULL DEFAULT false, -- came again: the same AppRec shall go again
  envelope_id  text NOT NULL,                -- what the transport called it; named in the AppRec of an unreadable message
  envelope_from bigint NOT NULL DEFAULT 0,   -- HER-id that delivered it, by the transport's word; 0: not said
  envelope_to  bigint NOT NULL DEFAULT 0,    -- HER-id it was delivered to, likewise
  due          timestamptz NOT NULL,         -- when it may be worked on next; a claim is a lease
  attempts     smallint NOT NULL DEFAULT 0,
  type         text NOT NULL DEFAULT '',     -- Volven 8279, once opened
  msg_id       text NOT NULL DEFAULT '',
  sender       bigint NOT NULL DEFAULT 0,    -- HER-id in the message
  owner        bigint,                       -- the patient; null until filed
  filed_as     text,                         -- id of the Communication
  unit         bigint NOT NULL DEFAULT 0,    -- whose inbox; 0: nobody's
  responsible  text NOT NULL,                -- "unit", or "meldingsansvarlig" where a human must sort it out
  deadline     timestamptz NOT NULL,         -- when it must have been filed or looked at
  handled_at   timestamptz,                  -- when a human had looked at a refused one
  fault_code   text NOT NULL DEFAULT '',     -- Volven 8221
  fault_text   text NOT NULL DEFAULT '',     -- our words; nothing of the content
  PRIMARY KEY (bucket, digest)
);
ALTER TABLE message_in ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX message_in_due ON message_in (bucket, due) WHERE state = 'kept' OR again;
CREATE INDEX message_in_for_humans ON message_in (deadline) WHERE state = 'refused' AND handled_at IS NULL;
CREATE INDEX message_in_filed ON message_in (owner, filed_as) WHERE owner IS NOT NULL;

-- What goes out: written in the transaction of the record change it tells of.
CREATE TABLE message_out (
  owner        bigint NOT NULL,              -- the patient it is about; 0: nobody we know
  key          bigint NOT NULL,              -- random
  bucket       smallint NOT NULL,            -- of the key, 0-63
  type         text NOT NULL,                -- Volven 8279
  msg_id       text NOT NULL,
  sender       bigint NOT NULL,              -- HER-id
  receiver     bigint NOT NULL,              -- HER-id
  body         bytea,                        -- null only after a decided erasure
  state        text NOT NULL,                -- akson/exchange/states.py
  told_of      text NOT NULL DEFAULT '',     -- id of the Communication it carries; '' for receipts
  answers      bytea,                        -- digest of the received message, for receipts
  wants_apprec boolean NOT NULL,
  unit         bigint NOT NULL DEFAULT 0,    -- the unit that sends
  responsible  text NOT NULL,                -- "Practitioner/<id>", or "meldingsansvarlig"
  created_at   timestamptz NOT NULL,
  deadline     timestamptz NOT NULL,         -- without AppRec by then: overdue
  due          timestamptz NOT NULL,         -- when it may be tried next; a claim is a lease
  attempts     smallint NOT NULL DEFAULT 0,
  sent_at      timestamptz,
  delivered_at timestamptz,
  settled_at   timestamptz,                  -- AppRec
  answered_at  timestamptz,
  fault_code   text NOT NULL DEFAULT '',
  fault_text   text NOT NULL DEFAULT '',
  PRIMARY KEY (owner, key)
);
ALTER TABLE message_out ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX message_out_due ON message_out (bucket, due) WHERE state = 'queued';
CREATE INDEX message_out_deadline ON message_out (deadline) WHERE wants_apprec AND state IN ('queued', 'sent', 'delivered');
CREATE INDEX message_out_told_of ON message_out (owner, told_of) WHERE told_of <> '';
CREATE INDEX message_out_answers ON message_out (answers) WHERE answers IS NOT NULL;
CREATE INDEX message_out_for_humans ON message_out (deadline) WHERE state IN ('rejected', 'partial', 'overdue', 'failed');

-- Every message id there is, in and out, with the way to its row: unique by its key.
CREATE TABLE message_id (
  msg_id text COLLATE "C" NOT NULL,
  sender bigint NOT NULL,                    -- HER-id: two senders may have the same idea
  digest bytea,                              -- of a received message
  owner  bigint,                             -- of a sent one
  key    bigint,
  PRIMARY KEY (msg_id, sender)
);

-- Empties the body of every message that was filed as, or made from, some Communications; one that still waits is not sent.
-- Part of a decided erasure.
CREATE FUNCTION exchange_erase_v1(the_owner bigint, ids text[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  emptied bigint;
  more bigint;
BEGIN
  UPDATE message_in SET body = NULL WHERE owner = the_owner AND filed_as = ANY (ids) AND body IS NOT NULL;
  GET DIAGNOSTICS emptied = ROW_COUNT;
  UPDATE message_out SET fault_text = 'Slettet før den ble sendt.', state = 'failed'
   WHERE owner = the_owner AND told_of = ANY (ids) AND state = 'queued';
  UPDATE message_out SET body = NULL WHERE owner = the_owner AND told_of = ANY (ids) AND body IS NOT NULL;
  GET DIAGNOSTICS more = ROW_COUNT;
  RETURN emptied + more;
END $$;
REVOKE ALL ON FUNCTION exchange_erase_v1 FROM PUBLIC;
GRANT EXECUTE ON FUNCTION exchange_erase_v1 TO akson_eraser;

GRANT SELECT, INSERT, UPDATE ON address TO akson_app;
GRANT SELECT, INSERT ON message_id TO akson_app;
GRANT SELECT, INSERT ON message_in, message_out TO akson_app;
GRANT UPDATE (state, times, again, due, attempts, type, msg_id, sender, owner, filed_as, unit, responsible, deadline,
  handled_at, fault_code, fault_text) ON message_in TO akson_app;
GRANT UPDATE (state, due, attempts, sent_at, delivered_at, settled_at, answered_at, responsible, fault_code, fault_text)
  ON message_out TO akson_app;
