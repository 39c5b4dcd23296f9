"""``python -m zenbook`` is the command ``zenbook``."""

import sys

from zenbook.front.command import main

if __name__ == "__main__":
    sys.exit(main())
