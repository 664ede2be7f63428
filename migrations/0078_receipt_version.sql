-- Older systems read AppRec 1.0 alone, and no message says which its sender reads: the operator enters it.
ALTER TABLE address ADD COLUMN apprec text NOT NULL DEFAULT '1.1' CHECK (apprec IN ('1.0', '1.1'));
