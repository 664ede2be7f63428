"""Writing a referral, sending one on, and writing an epikrise: asked for, chosen from the record, seen, sent."""
