"""The sources of the book: what a notebook must be to read well everywhere and to show only what was computed."""

import re
from collections import Counter
from urllib.parse import urlsplit

import pytest
from harness import NOTEBOOKS, ROOT, explorers, quizzes, read_notebook, table_of_contents

from initlab_book import install

every_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def cells(name, kind):
    return [(cell, "".join(cell["source"])) for cell in read_notebook(name)["cells"] if cell["cell_type"] == kind]


def test_every_entry_of_the_contents_is_a_file():
    for page in table_of_contents():
        assert (ROOT / f"{page}.ipynb").is_file() != (ROOT / f"{page}.md").is_file(), page


def test_every_notebook_and_page_is_in_the_contents():
    sources = [path for suffix in ("ipynb", "md") for path in (ROOT / "book").glob(f"*.{suffix}")]
    assert {f"book/{path.stem}" for path in sources} == set(table_of_contents())


@every_notebook
def test_a_notebook_is_committed_without_outputs(name):
    for cell, _ in cells(name, "code"):
        assert cell["outputs"] == [], cell["id"]
        assert cell["execution_count"] is None, cell["id"]


@every_notebook
def test_every_cell_has_a_name_of_its_own(name):
    notebook = read_notebook(name)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) >= (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert [i for i, count in Counter(ids).items() if count > 1] == []
    # A name that a person gave says what the cell is for; Jupyter's own are eight hexadecimal digits or a UUID.
    assert [i for i in ids if not re.fullmatch(r"[a-z][a-z0-9-]{1,63}", i)] == []
    assert [i for i in ids if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]+)?", i)] == []


@every_notebook
def test_a_notebook_runs_on_any_python_3_kernel(name):
    metadata = read_notebook(name)["metadata"]
    assert metadata["kernelspec"]["name"] == "python3"
    assert metadata["language_info"] == {"name": "python"}


@every_notebook
def test_a_notebook_is_plain_markdown(name):
    for cell, source in cells(name, "markdown"):
        found = re.findall(r"\{[\w:+-]+\}`|^`{3,}\{.*|^:{3,}.*|^\(.+\)=$|^%.*", source, re.MULTILINE)
        assert found == [], f"{name} {cell['id']}: MyST that other readers of notebooks show as it is"
        assert "attachments" not in cell, cell["id"]


@every_notebook
def test_a_notebook_begins_with_its_only_title(name):
    titles = [line for _, source in cells(name, "markdown") for line in outside_code(source) if line.startswith("# ")]
    assert len(titles) == 1
    assert "".join(read_notebook(name)["cells"][0]["source"]).startswith(titles[0])


def outside_code(source):
    return re.sub(r"^(```|~~~).*?^\1", "", source, flags=re.MULTILINE | re.DOTALL).splitlines()


@every_notebook
def test_links_between_chapters_name_the_file(name):
    for cell, source in cells(name, "markdown"):
        for link in re.findall(r"\]\(([^)\s]+)", "\n".join(outside_code(source))):
            if urlsplit(link).scheme in ("http", "https"):
                continue
            assert re.fullmatch(r"[\w-]+\.(ipynb|md)", link), f"{cell['id']}: {link}"
            assert (ROOT / "book" / link).is_file(), f"{cell['id']}: {link}"


@every_notebook
def test_formulas_with_numbers_are_numbered_in_order(name):
    tags = [int(tag) for _, source in cells(name, "markdown") for tag in re.findall(r"\\tag\{(\d+)\}", source)]
    assert tags == list(range(1, len(tags) + 1))


@every_notebook
def test_code_uses_the_installed_package_and_nothing_that_only_works_live(name):
    for cell, source in cells(name, "code"):
        if cell["id"] == install.CELL:
            continue
        for unwanted in (
            "interact(",
            "interactive(",
            "sys.path",
            "os.environ",
            "%run",
            "!pip",
            "%pip",
            "urlopen",
            "np.random.seed",
        ):
            assert unwanted not in source, f"{cell['id']}: {unwanted}"


@every_notebook
def test_every_plot_says_what_it_shows(name):
    for cell, source in cells(name, "code"):
        if re.search(r"\bplt\.(subplots|figure|plot|hist|imshow|scatter|bar)\b", source):
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) >= 40, f"{name} {cell['id']}: say in metadata mystnb.image.alt what the plot shows"


@every_notebook
def test_hidden_solutions_read_well_everywhere(name):
    """Blank lines around <details> and <summary>, or the formulas inside are not rendered."""
    for cell, source in cells(name, "markdown"):
        lines = ["", *outside_code(source), ""]
        assert lines.count("<details>") == lines.count("</details>"), cell["id"]
        for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
            if line in ("<details>", "</details>"):
                assert before == "", f"{cell['id']}: a blank line belongs before {line}"
            if line.endswith("</summary>") or line == "</details>":
                assert after == "", f"{cell['id']}: a blank line belongs after {line}"


def test_an_explorer_stands_once_on_a_page():
    places = Counter((placed.page, placed.demo.name) for placed in explorers())
    assert places
    assert [place for place, count in places.items() if count > 1] == []


def test_a_quiz_is_asked_once_and_under_a_heading_of_its_own():
    names = Counter(asked.quiz.name for asked in quizzes())
    assert names
    assert [name for name, count in names.items() if count > 1] == []
    for asked in quizzes():
        ids = [cell["id"] for cell in read_notebook(asked.page)["cells"]]
        assert ids[ids.index("quiz") - 1] == "quiz-heading", asked.page
