"""What the book asks its readers, one module per chapter, each with one `initlab.quiz.Quiz` named `quiz`.

Wrong options are what readers do believe; every explanation teaches. `tests/test_quiz.py` works out the numbers again.
"""
