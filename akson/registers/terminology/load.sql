-- What load.py needs beside store.sql.

-- name: no_idle_limit
-- A load may read long between two statements; for this transaction only.
SET LOCAL idle_in_transaction_session_timeout = 0

-- name: no_statement_limit
SET LOCAL statement_timeout = 0

-- name: analyze
ANALYZE terminology_system, terminology_concept, terminology_property, terminology_closure, terminology_value_set,
  terminology_map, terminology_mapping
