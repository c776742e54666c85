"""``python -m payerpack`` is the command ``payerpack``."""

import sys

from payerpack.cli import main

sys.exit(main())
