"""What figure and quiz share: one script for two hosts, one look, and what stands on a page of the book.

A front end (the Explorer, the quiz) is a folder with an ES module, of one file or a few, that exports
`render({ model, el })`, the interface of anywidget. In a notebook a `Widget` loads it (`widget.py`). On a page of the
site it is part of a classic script, together with `host.js`, which gives it a model made of the JSON in the page
(`front_end.py`). Colours, cards and buttons are the same everywhere: `look.css`.
"""
