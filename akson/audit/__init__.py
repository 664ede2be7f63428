"""The trail of who looked: write (log), seal, prove (verify), and show the citizen (view)."""
