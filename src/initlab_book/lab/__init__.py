"""The lab: any network, built, trained and watched by the reader, with the engine in the reader's own browser.

A `Lab` says with which experiment it opens (`lab.py`). `js/lab.js` is the instrument in both hosts: on a static page
(`static.py`, `js/static.js`) the experiment is in the page's address, in a notebook (`widget.py`) it is a trait of an
ordinary widget. The engine computes in both; no kernel is asked.
"""

from .lab import Lab

__all__ = ["Lab"]
