"""All is in pyproject.toml. Where Python is too old, pip would first complain of packages that need a newer one."""

import sys

from setuptools import setup

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("Initialization Lab needs Python 3.11 or later; this is {}.{}.".format(*sys.version_info))

setup()
