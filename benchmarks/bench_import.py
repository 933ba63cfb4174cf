"""Importing the package: time of `import initlab` in a fresh interpreter, against that of `import numpy`."""

import subprocess
import sys

from common import at_most, compare


def measure():
    def fresh(statement):
        return lambda: subprocess.run([sys.executable, "-c", statement], check=True)

    everyday = "from initlab import activations, initializers, network, training"
    statements = ("pass", "import numpy", "import initlab", everyday)
    nothing, numpy, package, modules = compare(*map(fresh, statements), rounds=15)
    return [
        at_most("import initlab", package - nothing, numpy - nothing, 1.3, versus="import numpy"),
        at_most("  and its simulators", modules - nothing, numpy - nothing, 1.3, versus="import numpy"),
    ]
