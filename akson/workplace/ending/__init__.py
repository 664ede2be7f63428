"""The page of those who answer for records: whose time of keeping is over, and what two of them decide."""
