"""How a process that works long looks for rubbish: seldom, and never in what it has loaded."""

from __future__ import annotations

import gc

# Objects, and rounds, between collections. Nearly all that a request makes goes when nobody refers to it any more; a
# search among what it holds at the moment, a Bundle's trees among them, finds next to nothing.
_YOUNG, _MIDDLE, _OLD = 100_000, 10, 100


def settle() -> None:
    """Keep out of every later search for rubbish what is loaded by now: it costs a twentieth of each read and write."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
