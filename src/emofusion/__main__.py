"""What a person needs between runs: emofusion <command>, or python -m emofusion <command>."""

import sys

from emofusion.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
