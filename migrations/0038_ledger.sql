-- Which erasures stand in the ledger that is kept beside the backups (akson/audit/ledger.py), and on which page. A page is
-- noted before its file is written, so that a database which knows fewer pages than there are files was put back from a backup.
CREATE TABLE erasure_page (
  number  bigint PRIMARY KEY,
  written boolean NOT NULL DEFAULT false     -- its file is there
);
CREATE TABLE erasure_line (
  owner bigint NOT NULL,
  seq   bigint NOT NULL,
  type  smallint NOT NULL,
  id    text COLLATE "C" NOT NULL,
  page  bigint NOT NULL REFERENCES erasure_page,
  PRIMARY KEY (owner, seq, type, id)
);
CREATE INDEX erasure_line_page ON erasure_line (page);
GRANT SELECT, INSERT ON erasure_page, erasure_line TO akson_app;
GRANT UPDATE (written) ON erasure_page TO akson_app;
