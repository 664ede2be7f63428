"""How bytes travel. A transport knows nothing of messages: it hands over, and keeps what comes before it answers."""
