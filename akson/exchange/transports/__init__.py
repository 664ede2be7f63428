"""How bytes travel. A transport knows nothing of messages: it hands over, and keeps what comes before it answers."""

import sys
from importlib.util import find_spec

if find_spec("sniffio") is None:  # httpcore asks for it several times a request: each look through all folders costs
    sys.modules["sniffio"] = None  # type: ignore[assignment]
