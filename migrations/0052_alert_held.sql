-- A look at nothing but what the citizen does not see yet is told of when they come to see it.

ALTER TABLE alert ADD COLUMN held_until timestamptz;  -- null: it is told of
CREATE INDEX alert_held ON alert (held_until) WHERE held_until IS NOT NULL;
GRANT UPDATE (at, held_until) ON alert TO akson_app;
