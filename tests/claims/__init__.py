"""The numbers of the book, held to account.

Every number in the prose of a chapter is worked out again in a test. A test quotes the sentence, marks its numbers and
gives what it computes for each:

    says = chapter("exploding")

    def test_nine_equal_matrices():
        says("About «40» times: $1.5^«9» = «38.44»$.", near(1.5**9, rel=0.05), exploding.DEPTH - 1, 1.5**9)

`says` fails when the chapter no longer has the sentence, and when a value does not round to the number as it is
written: «38.44» takes 38.435 to 38.445, «84 million» takes 83.5 to 84.5 million, and «3 %» takes 0.025 to 0.035;
«nineteen», «a quarter», «\\tfrac12» and «$4 \\cdot 10^{-12}$» are read as well. `near` gives a looser bound.

What cannot be compared so is quoted without marks. The test then has to assert something, and a number counts as held
to account only if it stands in the code of the test, here 0.5 for "half" and 0.0002:

        says("Half of all networks end below 0.0002.")
        assert random_matrices.growth_quantile(0.5, 30, 2) < 0.0002

Mark what a sentence claims, and quote only what names a thing, such as the 3 of "scale 3". A setting is marked, too,
with the variable that the test computes with, so that it cannot be another one than the sentence names.

`printed("exploding", cell="powers")` is what a cell prints, `table("exploding", "powers")` the rows of its tables, and
`prose_of("exploding")` the text. `make claims` shows how every number of the book is accounted for, and what is left
over. What needs no account is listed in `excuses.py`.
"""

from .prose import printed, prose_of, table
from .quotes import chapter, near

__all__ = ["chapter", "near", "printed", "prose_of", "table"]
