-- Seals over the journal's chains (akson/audit/seal.py): each minute the links that have come since the last seal, with their
-- heads, chained to the last seal and signed. Whoever cuts a chain short must take the seals back, which a witness holds.
--
-- root       sha256 over (owner as 8 bytes, seq as 8 bytes, big endian, head) of each link, in the order of owners and seqs
-- prints     the first 8 bytes of each head, so that a link that was changed is named
-- previous   sha256 of the last seal's statement and signature; 32 zero bytes for the first
-- signature  Ed25519 over the statement: each of "akson chain seal 1", number, how many links, microseconds since 1970, root
--            and previous in hexadecimal, as its length in 4 bytes and UTF-8
CREATE TABLE chain_seal (
  number    bigint PRIMARY KEY,
  at        timestamptz NOT NULL,
  owners    bigint[] NOT NULL,
  seqs      bigint[] NOT NULL,
  prints    bytea NOT NULL,
  root      bytea NOT NULL,
  previous  bytea NOT NULL,
  signature bytea NOT NULL,
  key_id    text NOT NULL
);
CREATE INDEX chain_seal_at ON chain_seal (at);
CREATE INDEX chain_at ON chain USING brin (at) WITH (pages_per_range = 16, autosummarize = on);
GRANT SELECT, INSERT ON chain_seal TO akson_app;
