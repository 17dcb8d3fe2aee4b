"""``python -m lpr_helpers``: the same as ``lpr-helpers``."""

import sys

from lpr_helpers.cli import main

if __name__ == "__main__":
    sys.exit(main())
