"""Records that staff opened themselves: the manager goes through them, and who opened answers what is asked."""
