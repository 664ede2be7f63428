"""Who may do what, and why: facts about a person, rules over them, roles, and the ways to open a closed record."""
