"""The name of `tools.dev.make_gallery` before 0.1.0, for one release."""

import sys

from tools.dev.make_gallery import main

if __name__ == "__main__":
    sys.exit(main())
