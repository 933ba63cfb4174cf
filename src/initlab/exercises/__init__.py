"""The exercises of the book, one module per chapter; `initlab.exercise` says how they work."""
