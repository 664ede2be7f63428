-- What the browser's pages need beside the journal: forms that were sent, and drafts.

-- A form that was sent once is not carried out twice: the answer to the second sending is where the first one led.
CREATE TABLE sending (
  key text COLLATE "C" PRIMARY KEY,   -- keyed hash of the form's token
  at  timestamptz NOT NULL,
  led text                            -- null while it is carried out
);

-- What someone has begun to write. Encrypted under a key of the writer's own; nobody else can read it.
CREATE TABLE draft (
  person  bigint NOT NULL,            -- owner key of the writer
  id      text COLLATE "C" NOT NULL,
  owner   bigint NOT NULL,            -- whose record it is meant for
  kind    text NOT NULL,              -- note, message
  about   text COLLATE "C" NOT NULL DEFAULT '', -- DocumentReference/<id> it corrects, else will become: erased with it
  changed timestamptz NOT NULL,
  sealed  bytea NOT NULL,             -- nonce and AES-256-GCM of JSON
  PRIMARY KEY (person, id)
);
CREATE INDEX draft_owner ON draft (owner);
GRANT SELECT, INSERT, UPDATE, DELETE ON sending, draft TO akson_app;
