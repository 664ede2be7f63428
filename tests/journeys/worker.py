"""The worker, as it is, but it looks again at once: no story is about how long it rests."""

from __future__ import annotations

from akson.cli import main
from akson.doors import running

if __name__ == "__main__":
    running.PAUSE = 0.1
    main(["worker"])
