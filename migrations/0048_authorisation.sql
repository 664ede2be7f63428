-- When the register of health personnel last answered about somebody, and when it said that it knows them no more: when it
-- says so of very many at once, it is the register that is wrong.
ALTER TABLE authorisation ADD COLUMN asked timestamptz, ADD COLUMN lost timestamptz;
