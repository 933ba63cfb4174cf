"""A room for each chapter: `figures` (shown), `experiments` (trained or simulated for them), `quiz` and `exercises`.

A notebook enters its own by `from initlab_book.chapters import xavier as chapter`.
"""
