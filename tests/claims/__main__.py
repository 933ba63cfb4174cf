"""make claims: how every number of the book is accounted for.

--all lists every number with its verdict; names of chapters limit it to those.
"""

import sys

from .report import main

sys.exit(main(sys.argv[1:]))
