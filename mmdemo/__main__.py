"""`python -m mmdemo` is the `mmdemo` command."""

import sys

from mmdemo.cli import main

if __name__ == "__main__":
    sys.exit(main())
