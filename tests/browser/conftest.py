"""What tests in a browser share."""

import pytest
from figure import Figure, bare_page


@pytest.fixture
def bare(open_page, tmp_path):
    """bare(demo, ...) -> (Figure, Visit): a page that holds nothing but figures, opened from the disk."""

    def bare(*demos, **options):
        path = tmp_path / "bare.html"
        path.write_text(bare_page(*demos), encoding="utf-8")
        visitor = open_page(path.as_uri(), **options)
        return Figure(visitor.page, demos[0]), visitor

    return bare
