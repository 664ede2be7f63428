-- The journal: owners, resources and their versions, facts, search values, the chain of writes, and news.
-- The application acts as akson_app, which can neither change nor delete what is written; erasure is akson_eraser's alone.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'akson_app') THEN CREATE ROLE akson_app NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'akson_eraser') THEN CREATE ROLE akson_eraser NOLOGIN; END IF;
END $$;
DO $$ BEGIN EXECUTE format('GRANT akson_app, akson_eraser TO %I', current_user); END $$;
GRANT USAGE ON SCHEMA public TO akson_app, akson_eraser;

-- One row per owner of resources: a person, an organisation, a practitioner, a slot ... The lock of every write.
CREATE TABLE owner (
  owner        bigint PRIMARY KEY,           -- random, meaningless, never changed
  type         smallint NOT NULL,            -- resource type that owns (Patient, Organization ...)
  chain_seq    bigint NOT NULL DEFAULT 0,    -- number of write transactions so far
  head         bytea NOT NULL DEFAULT '\x',  -- head of the chain, sha256
  last_updated timestamptz NOT NULL,
  facts_rev    bigint NOT NULL DEFAULT 0,    -- changes whenever `facts` does
  restricted   boolean NOT NULL DEFAULT false, -- has a block, a mark or a protected address: even those who see all must ask
  facts        text NOT NULL DEFAULT '[]'    -- JSON, all rows of `fact` for this owner, for decisions in one read
) WITH (fillfactor = 70);
CREATE INDEX owner_restricted ON owner (owner) WHERE restricted;

-- The current state of each resource: what search and reads need beside the body.
CREATE TABLE resource (
  owner        bigint NOT NULL,
  type         smallint NOT NULL,
  id           text COLLATE "C" NOT NULL,
  version      integer NOT NULL,
  last_updated timestamptz NOT NULL,
  sort_date    timestamptz NOT NULL,         -- the clinically relevant date, else the date of entry
  controller   bigint NOT NULL,              -- data controller (dataansvarlig)
  unit         bigint NOT NULL,              -- unit that wrote the current version
  author       bigint NOT NULL,
  person       boolean NOT NULL,             -- owned by a person
  deleted      boolean NOT NULL DEFAULT false,
  labels       text[] NOT NULL DEFAULT '{}', -- meta.security codes
  about        bigint[] NOT NULL DEFAULT '{}', -- other persons named in it; 0: one not known then
  tokens       bigint[] NOT NULL DEFAULT '{}', -- keyed hashes of every token and uri value
  PRIMARY KEY (owner, type, id)
) WITH (fillfactor = 85);
CREATE INDEX resource_chart ON resource (owner, type, sort_date DESC, id) WHERE NOT deleted;
CREATE INDEX resource_by_time ON resource (type, last_updated DESC, id) WHERE NOT deleted;
CREATE INDEX resource_tokens ON resource USING gin (tokens) WITH (fastupdate = on, gin_pending_list_limit = 4096);

-- Every version ever written; the body stands here once. Append-only but for erasure.
CREATE TABLE resource_version (
  owner        bigint NOT NULL,
  type         smallint NOT NULL,
  id           text COLLATE "C" NOT NULL,
  version      integer NOT NULL,
  last_updated timestamptz NOT NULL,
  chain_seq    bigint NOT NULL,
  n            integer NOT NULL,             -- place in its write set
  method       text NOT NULL,                -- POST, PUT, DELETE
  author       text NOT NULL,                -- JSON: who, role, unit, purpose
  body         bytea,                        -- zstd of meta, newline, members; null after a delete or an erasure
  salt         bytea,                        -- null after an erasure
  PRIMARY KEY (owner, type, id, version)
);
ALTER TABLE resource_version ALTER COLUMN body SET STORAGE EXTERNAL;

-- The chain of one owner's writes: head = sha256(previous head, seq, digest), digest over the leaves of the set.
CREATE TABLE chain (
  owner  bigint NOT NULL,
  seq    bigint NOT NULL,
  at     timestamptz NOT NULL,
  leaves integer NOT NULL,
  digest bytea NOT NULL,
  prints bytea NOT NULL,                     -- the first 8 bytes of each leaf, so that a row that no longer fits is named
  head   bytea NOT NULL,
  PRIMARY KEY (owner, seq)
);

-- A decided erasure: why a version's body is no longer there. Itself part of the chain (its digest is over this row).
CREATE TABLE erasure (
  owner     bigint NOT NULL,
  seq       bigint NOT NULL,                 -- the chain entry that records it
  type      smallint NOT NULL,
  id        text COLLATE "C" NOT NULL,
  leaves    text NOT NULL,                   -- JSON: [[version, hex leaf], ...] of what was erased
  decision  text NOT NULL,                   -- JSON: who decided, by which law, why; nothing of the content
  PRIMARY KEY (owner, seq, type, id)
);

-- Where ids minted elsewhere are found.
CREATE TABLE locator (
  type  smallint NOT NULL,
  id    text COLLATE "C" NOT NULL,
  owner bigint NOT NULL,
  PRIMARY KEY (type, id)
);

-- Who a national identifier belongs to; unique by its key.
CREATE TABLE person_identifier (
  system text COLLATE "C" NOT NULL,
  value  text COLLATE "C" NOT NULL,
  owner  bigint NOT NULL,
  PRIMARY KEY (system, value)
);
CREATE INDEX person_identifier_owner ON person_identifier (owner);

-- What resources say about access: relations, blocks, openings, representations. Written with them, under the owner's lock.
CREATE TABLE fact (
  owner   bigint NOT NULL,
  type    smallint NOT NULL,
  id      text COLLATE "C" NOT NULL,
  n       smallint NOT NULL,
  kind    text NOT NULL,                     -- see akson/access/facts.py
  unit    bigint NOT NULL DEFAULT 0,
  person  bigint NOT NULL DEFAULT 0,
  data    text NOT NULL,                     -- JSON
  PRIMARY KEY (owner, type, id, n)
);
CREATE INDEX fact_unit ON fact (unit, kind, owner) WHERE unit <> 0;
CREATE INDEX fact_person ON fact (person, kind, owner) WHERE person <> 0;

-- Search values. Hashes are keyed; every row names its owner.
CREATE TABLE search_token (
  token bigint NOT NULL,
  date  timestamptz NOT NULL,
  owner bigint NOT NULL,
  type  smallint NOT NULL,
  id    text COLLATE "C" NOT NULL,
  PRIMARY KEY (token, date, owner, id)
);
CREATE TABLE search_reference (
  owner       bigint NOT NULL,
  type        smallint NOT NULL,
  id          text COLLATE "C" NOT NULL,
  param       smallint NOT NULL,
  target_type smallint NOT NULL,             -- 0: an absolute address
  target      text COLLATE "C" NOT NULL,
  PRIMARY KEY (owner, type, id, param, target_type, target)
);
CREATE INDEX search_reference_target ON search_reference (target, target_type, param);
CREATE TABLE search_string (
  owner bigint NOT NULL,
  type  smallint NOT NULL,
  id    text COLLATE "C" NOT NULL,
  param smallint NOT NULL,
  value text COLLATE "C" NOT NULL,           -- folded; at most 200 characters
  PRIMARY KEY (owner, type, id, param, value)
);
CREATE INDEX search_string_value ON search_string (param, value);
CREATE TABLE search_date (
  owner bigint NOT NULL,
  type  smallint NOT NULL,
  id    text COLLATE "C" NOT NULL,
  param smallint NOT NULL,
  low   timestamptz NOT NULL,
  high  timestamptz NOT NULL,
  PRIMARY KEY (owner, type, id, param, low, high)
);
CREATE INDEX search_date_low ON search_date (param, low, high);
CREATE TABLE search_number (
  owner bigint NOT NULL,
  type  smallint NOT NULL,
  id    text COLLATE "C" NOT NULL,
  param smallint NOT NULL,
  unit  bigint NOT NULL,                     -- keyed hash of system|code, |code or |unit; 0 for plain numbers
  low   numeric NOT NULL,
  high  numeric NOT NULL,
  PRIMARY KEY (owner, type, id, param, unit, low, high)
);
CREATE INDEX search_number_low ON search_number (param, unit, low, high);

-- News: one row per owner and write set, beside the owner's rows; jobs carry it to those above.
CREATE TABLE news (
  owner    bigint NOT NULL,
  seq      bigint NOT NULL,
  bucket   smallint NOT NULL,
  at       timestamptz NOT NULL,
  types    smallint[] NOT NULL,
  ids      text[] NOT NULL,
  versions integer[] NOT NULL,
  PRIMARY KEY (owner, seq)
);
CREATE INDEX news_waiting ON news (bucket, at);

-- Work that news gave rise to, one row per consumer: leased, retried with growing pauses, parked with the reason.
CREATE TABLE job (
  bucket   smallint NOT NULL,
  id       text COLLATE "C" NOT NULL,
  consumer text NOT NULL,
  owner    bigint NOT NULL,
  payload  text NOT NULL,                    -- JSON: types, ids, versions; nothing of the content
  due      timestamptz NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  parked   boolean NOT NULL DEFAULT false,
  problem  text NOT NULL DEFAULT '',         -- class of the last failure; no personal data
  PRIMARY KEY (bucket, id)
);
CREATE INDEX job_due ON job (bucket, due) WHERE NOT parked;

-- What staff see across patients: tasks and messages of a unit. Projected from news, rebuildable.
CREATE TABLE worklist (
  unit     bigint NOT NULL,
  person   bigint NOT NULL DEFAULT 0,        -- the one it belongs to, 0: the unit
  owner    bigint NOT NULL,                  -- the patient
  type     smallint NOT NULL,
  id       text COLLATE "C" NOT NULL,
  kind     text NOT NULL,                    -- task, message, visit, appointment
  state    text NOT NULL,
  priority text NOT NULL DEFAULT '',
  due      timestamptz,
  at       timestamptz NOT NULL,
  PRIMARY KEY (unit, owner, type, id)
);
CREATE INDEX worklist_open ON worklist (unit, state, due);
CREATE INDEX worklist_person ON worklist (person, state, due) WHERE person <> 0;
CREATE INDEX worklist_resource ON worklist (owner, type, id);

GRANT SELECT, INSERT, UPDATE ON owner, resource TO akson_app;
GRANT SELECT, INSERT ON resource_version, chain, locator TO akson_app;
GRANT SELECT ON erasure TO akson_app;
GRANT SELECT, INSERT, DELETE ON person_identifier, fact, search_token, search_reference, search_string, search_date,
  search_number TO akson_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON news, job, worklist TO akson_app;
