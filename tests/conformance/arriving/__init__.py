"""What the suite of messages does at the door: let something in, say what became of it, and what is sent from inside."""
