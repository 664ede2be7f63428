"""The face of citizens: what happens next, what is new, what I must do, who has looked."""
