"""What the surveillance of the log found: the privacy officer's list, and each finding with the looks it is about."""
