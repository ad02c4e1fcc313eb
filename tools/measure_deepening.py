"""The name of `tools.measure_refinement` before 0.1.0, for one release."""

import sys

from tools.measure_refinement import main

if __name__ == "__main__":
    sys.exit(main())
