"""Who works here: units, staff and their roles, kept by the administrator and confirmed now and then."""
