"""What the interactive figures of the book compute, one module per chapter.

Each figure is an `initlab.explorer.Demo`: settings in, numbers and a sentence out. The mathematics lives in the package
proper; here it is only arranged for the eye.
"""
