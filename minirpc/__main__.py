"""``python -m minirpc``."""

from __future__ import annotations

import sys

from minirpc.cli import main

if __name__ == "__main__":
    sys.exit(main())
