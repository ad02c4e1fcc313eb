"""The name of `tools.autotune_generator` before 0.1.0, for one release."""

import sys

from tools.autotune_generator import main

if __name__ == "__main__":
    sys.exit(main())
