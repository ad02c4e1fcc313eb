"""The name of `tools.animate_portrait` before 0.1.0, for one release."""

import sys

from tools.animate_portrait import main

if __name__ == "__main__":
    sys.exit(main())
