-- Which types of message (Volven 8279) a communication party has said it takes, as the address register tells of it;
-- empty: it has not said. A referral is only proposed to those who take one.
ALTER TABLE address ADD COLUMN takes text[] NOT NULL DEFAULT '{}';
