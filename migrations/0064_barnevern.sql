-- Who is told of a child in another way than by message, and whom it takes a consent to tell anything.

ALTER TABLE address
  ADD COLUMN fiks text NOT NULL DEFAULT '',             -- of a barnevern: kommunenummer/bydelsnummer, for reports through KS Fiks
  ADD COLUMN consented boolean NOT NULL DEFAULT false;  -- gives no health care: school, PPT
