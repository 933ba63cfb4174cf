"""What figure and quiz share: one script for two hosts, one look, and what stands on a page of the book.

A front end (the Explorer, the quiz) is a folder `js` of ES modules, one of which exports `render({ model, el })`, the
interface of anywidget; what both use is in the folder `js` here. `front_end.py` puts the modules together in the order
of their imports. In a notebook a `Widget` loads them (`widget.py`). On a page of the site they are part of a classic
script, together with `static.js`, which gives `render` a model made of the JSON in the page. The data are described in
`types.d.ts`. Colours, cards and buttons are the same everywhere: `look.css`.
"""
