"""Nothing leaks: whoever has no basis for a record meets a world in which it does not exist."""
