"""The static host: the lab as a piece of HTML that needs no kernel, no server and no other host.

Until the script runs, and if it never does, a sentence and a table of what the lab opens with stand in its place.
"""

from dataclasses import replace
from html import escape
from typing import Any

from ..host.front_end import Still, json_script
from .lab import Lab


def still(lab: Lab, **experiment: Any) -> Still:
    """What a page of the book carries of a lab.

    Parameters
    ----------
    lab : Lab
        What it opens with.
    **experiment
        Parts of the experiment that differ from the lab's own.
    """
    return Still(html(replace(lab, experiment=dict(lab.experiment) | experiment)), lab.text)


def html(lab: Lab) -> str:
    """The HTML of a lab."""
    columns, rows = lab.table()
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        # When the book is built, the addresses of their scripts go behind both.
        f'<div class="initlab-lab" id="lab-{lab.name}" data-digits data-engine="lab">'
        f'<div class="il-body"><div class="il-fallback"><p class="il-title">{escape(lab.title)}</p>'
        f"<p>{escape(lab.text)}</p><table><caption>What it opens with</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>{json_script(lab.spec())}"
        # Where the script is missing, the words above stay.
        "<script>window.initlabLab?.(document.currentScript.parentElement)</script></div>"
    )
