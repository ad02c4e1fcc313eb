"""The name of `tools.dev.describe_features` before 0.1.0, for one release."""

import sys

from tools.dev.describe_features import main

if __name__ == "__main__":
    sys.exit(main())
