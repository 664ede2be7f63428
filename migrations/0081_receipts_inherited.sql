-- A service reads the receipts its organisation reads, unless something else is said of it.
ALTER TABLE address ALTER COLUMN apprec DROP NOT NULL, ALTER COLUMN apprec DROP DEFAULT;
UPDATE address SET apprec = NULL WHERE apprec = '1.1';
