"""The chapters in JupyterLab: every cell runs, and the explorers ask the kernel and show what the static page shows."""

import json
import re

import pytest
from figure import AXE, luminance
from harness import PATIENCE, explorers, quizzes, read_notebook
from lab import complaints, live, opened_notebook, serve_lab, shows
from playwright.sync_api import expect

from initlab_book.chapters import watching
from initlab_book.chapters.exploding.figures import random_matrices
from initlab_book.chapters.index.figures import signal
from initlab_book.figure import Slider
from initlab_book.numbers import number
from initlab_book.quiz import Estimate

pytestmark = pytest.mark.browser


def field_of(figure, name):
    """The number that stands in a field that only a kernel offers."""
    return int(figure.control(next(c for c in figure.demo.controls if c.name == name)).input_value())


CHAPTER = "book/exploding"
EXPLORERS = [placed for placed in explorers() if placed.page == CHAPTER]
# Cells of a reader who goes on alone: an exercise, first wrong and then right, a figure of their own, and a setting
# that no slider offers.
READER = (
    "def weight_std(n):\n    return 1 / n\n\n\nchapter.exercises.weight_std.check(weight_std)",
    "def weight_std(n):\n    return n**-0.5\n\n\nchapter.exercises.weight_std.check(weight_std)",
    "mine = show(chapter.figures.random_matrices)\nmine",
    "mine.gain = 0.77 if mine.gain == 1 else 1.234\nmine.gain",
)
# On the front page: a film of a network that takes a while to train.
WATCHER = (
    "from initlab_book import show\nfrom initlab_book.chapters import watching as chapter\n\n"
    "film = show(chapter.figures.digits)\nfilm",
)
# In the lab: an experiment of a reader's own, and what the kernel knows of it.
BUILDER = (
    "mine = show(chapter.lab, seeds={'first': 7, 'count': 1})\nmine",
    "print('rate', mine.experiment['runs'][0]['rate'])",
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab over copies of the notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    for name, extra in ((CHAPTER, READER), ("book/index", WATCHER), ("book/lab", BUILDER)):
        notebook = read_notebook(name)
        for i, source in enumerate(extra):
            code = {"cell_type": "code", "id": f"reader-{i}", "metadata": {}, "source": source}
            notebook["cells"].append(code | {"outputs": [], "execution_count": None})
        path = folder / "root" / f"{name.removeprefix('book/')}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    with serve_lab(folder / "root", folder) as address:
        yield address


@pytest.fixture(scope="module")
def chapter(browser, lab):
    with opened_notebook(browser, lab, CHAPTER.removeprefix("book/")) as page:
        yield page


@pytest.fixture(scope="module")
def front(browser, lab):
    with opened_notebook(browser, lab, "index") as page:
        yield page


def test_every_cell_of_a_chapter_runs(chapter):
    assert complaints(chapter) == []
    expect(chapter.locator(".initlab-explorer .il-body")).to_have_count(len(EXPLORERS) + 1)


def test_a_chapter_reads_clean(chapter):
    raw = r"""() => [...document.querySelectorAll(".jp-MarkdownOutput")].flatMap((output) => {
        const copy = output.cloneNode(true);
        copy.querySelectorAll("mjx-container, code, pre").forEach((e) => e.remove());
        return copy.textContent.match(/.{0,20}(\$|\\\(|\\\[|\\frac|\\begin|\{\w+\}`|:::|```|%%).{0,20}/g) || [];
    })"""
    chapter.wait_for_function(
        "document.querySelectorAll('.jp-MarkdownOutput mjx-container').length > 20", timeout=PATIENCE
    )
    assert chapter.evaluate(raw) == []


def test_a_checker_says_what_is_wrong_and_what_is_right(chapter):
    said = chapter.locator(".jp-OutputArea-output pre").all_text_contents()
    verdicts = [text.strip() for text in said if text.startswith(("Not yet.", "Right:", "Not filled in yet"))]
    assert verdicts[-2:] == [
        "Not yet. 1/n is the variance. The standard deviation is its square root.",
        "Right: weight_std does what was asked (tried with 3 different sets of arguments).",
    ]
    assert set(verdicts[:-2]) == {"Not filled in yet: replace the dots, then run this cell."}


@pytest.mark.parametrize("placed", EXPLORERS, ids=str)
def test_a_live_figure_starts_with_the_numbers_of_the_static_page(chapter, placed):
    shows(live(chapter, placed.demo), **placed.start)


@pytest.mark.parametrize("placed", EXPLORERS, ids=str)
def test_the_kernel_answers_every_control(chapter, placed):
    figure = live(chapter, placed.demo)
    settings = dict(placed.start)
    for control in figure.offered:
        before = figure.picture
        locator = figure.control(control)
        at = control.values.index(settings[control.name])
        key, step = ("ArrowRight", 1) if at + 1 < len(control.values) else ("ArrowLeft", -1)
        if not isinstance(control, Slider):
            key = {"ArrowRight": "ArrowDown", "ArrowLeft": "ArrowUp"}[key]
        locator.press(key)
        settings[control.name] = control.values[at + step]
        shows(figure, **settings)
        assert figure.picture != before
    figure.button("Reset").click()
    shows(figure, **placed.start)


def test_dragging_the_mouse_ends_where_the_mouse_ends(chapter):
    figure = live(chapter, random_matrices)
    *_, slider = (control for control in figure.offered if isinstance(control, Slider))
    locator = figure.control(slider)
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    y = box["y"] + box["height"] / 2
    chapter.mouse.move(box["x"] + box["width"] / 2, y)
    chapter.mouse.down()
    chapter.mouse.move(box["x"] + 0.98 * box["width"], y, steps=20)
    chapter.mouse.up()
    shows(figure, **random_matrices.settings(gain=slider.values[-1]))
    figure.button("Reset").click()


def test_a_cell_sets_what_no_slider_offers(chapter):
    figure = live(chapter, random_matrices, which=1)
    shows(figure, **random_matrices.settings(gain=0.77))
    chapter.locator(".jp-CodeCell").last.locator(".cm-content").click()
    chapter.keyboard.press("Control+Enter")
    shows(figure, **random_matrices.settings(gain=1.234))
    slider = figure.control(random_matrices.controls[1])
    expect(slider).to_have_attribute("aria-valuetext", number(1.234, 4))
    shows(
        live(chapter, random_matrices), **next(placed.start for placed in EXPLORERS if placed.demo is random_matrices)
    )


def test_width_depth_and_seed_are_offered_live(front):
    figure = live(front, signal)
    settings = signal.settings(gain=1.0)
    shows(figure, **signal.settings())
    figure.control(signal.controls[1]).focus()
    figure.choose(settings)
    shows(figure, **settings)
    for name, value in (("width", 50), ("depth", 20), ("seed", 3)):
        control = next(control for control in signal.controls if control.name == name)
        field = figure.control(control)
        expect(field).to_be_visible()
        field.fill(str(value))
        field.press("Enter")
        settings[name] = value
        shows(figure, **settings)


def test_a_slider_takes_any_number_live(front):
    figure = live(front, signal)
    gain = signal.controls[1]
    field = figure.root.get_by_role("spinbutton", name=f"{gain.label}, exact")
    before = figure.sentence
    field.fill(str(gain.values[0] / 2))  # beyond the end
    field.press("Tab")
    assert figure.sentence == before
    field.fill("1.2345")
    field.press("Enter")
    settings = {name: field_of(figure, name) for name in ("width", "depth", "seed")}
    shows(figure, **signal.settings(gain=1.2345, activation=figure.shown()["activation"], **settings))


def test_a_film_is_made_while_one_watches_and_can_be_stopped(front):
    film = watching.figures.digits
    figure = live(front, film)
    sentence = figure.root.locator(".il-text")
    expect(sentence.first).to_have_text(film.frame(step=film.player.values[-1])["text"])
    stop = figure.root.get_by_role("button", name="Stop training")
    expect(stop).to_be_hidden()
    at_the_end = re.compile(f"Step {film.player.values[-1]},")
    for name, value in (("width", 200), ("depth", 30)):
        expect(sentence.first).to_have_text(at_the_end)  # the run before is over: what comes is of the new one
        before = sentence.first.text_content()
        field = figure.control(next(control for control in film.controls if control.name == name))
        field.fill(str(value))
        field.press("Enter")
        expect(sentence.first).not_to_have_text(before)
    expect(figure.root.get_by_role("progressbar", name="Training")).to_be_visible()
    expect(sentence.first).to_have_text(re.compile(f"Step (?!0,|{film.player.values[-1]},)"))
    stop.click()
    status = figure.root.locator(".il-status")
    expect(status).to_have_text(re.compile(r"Stopped at step \d+\."))
    stopped = int(re.search(r"\d+", status.text_content())[0])
    assert stopped < film.player.values[-1]
    expect(sentence.first).to_have_text(re.compile(f"Step {stopped},"))
    figure.button("Reset").click()
    expect(sentence.first).to_have_text(film.frame(step=film.player.values[-1])["text"])


def test_a_number_that_is_not_allowed_is_put_back(front):
    figure = live(front, signal)
    sentence = figure.sentence
    width = next(control for control in signal.controls if control.name == "width")
    field = figure.control(width)
    good = field.input_value()
    for bad in ("0", "-3", "1e9", "2.5", ""):
        field.fill(bad)
        field.press("Tab")
        expect(field).to_have_value(good)
    assert figure.sentence == sentence


@pytest.mark.parametrize("asked", [asked for asked in quizzes() if asked.page == CHAPTER], ids=str)
def test_a_quiz_marks_itself_in_a_notebook(chapter, asked):
    quiz = chapter.get_by_role("group", name=f"Quiz: {asked.quiz.title}", exact=True)
    cells = chapter.locator(".jp-Cell").count()
    for i, question in enumerate(asked.quiz.questions):
        form = quiz.locator("form").nth(i)
        first = form.locator("input").first
        # Outside the quiz these keys would copy, delete and insert cells, and Space would scroll on.
        for key in (*"cddab", "Space"):
            first.press(key)
        if isinstance(question, Estimate):
            first.fill(str(question.answer))
            said = f"✓Right. {question.explanation}"
        else:
            option = question.options[0]
            said = f"✓Right. {option.explanation}" if option.right else f"✗Not right. {option.explanation}"
        first.press("Enter")
        expect(form.locator(".il-verdict").first).to_have_text(said.replace("`", ""))
        expect(first).to_be_focused()
        form.get_by_role("button").press("Enter" if i % 2 else "Space")
        expect(form.locator(".il-verdict").first).to_have_text(said.replace("`", ""))
    expect(chapter.locator(".jp-Cell")).to_have_count(cells)


def test_a_figure_follows_the_dark_theme(front):
    front.get_by_role("menuitem", name="Settings", exact=True).click()
    front.locator(".lm-Menu-item", has_text="Theme").first.hover()
    front.locator(".lm-Menu-item", has_text=re.compile("^JupyterLab Dark$")).click()
    front.locator("body[data-jp-theme-light=false]").wait_for(state="attached")
    figure = live(front, signal)
    assert luminance(figure.root.evaluate("(e) => getComputedStyle(e).backgroundColor")) < 0.2
    front.add_script_tag(path=AXE)
    found = front.evaluate(
        "async () => (await axe.run('.initlab-explorer')).violations.map((v) => [v.id, v.nodes[0].html])"
    )
    assert found == []


def test_the_lab_computes_in_the_page_and_the_kernel_knows_its_experiment(browser, lab):
    with opened_notebook(browser, lab, "lab") as page:
        assert complaints(page) == []
        mine = page.locator(".initlab-lab").nth(1)
        expect(mine.get_by_label("Seed of the first draw")).to_have_value("7")
        expect(mine.locator(".il-text")).to_contain_text("Step 0")
        with page.expect_popup() as another:
            mine.get_by_role("link", name="Exploding and vanishing signals").click()
        expect(another.value.locator(".jp-Notebook h1").first).to_contain_text("Exploding and", timeout=PATIENCE)
        another.value.close()
        mine.get_by_role("button", name="Step", exact=True).click()
        expect(mine.locator(".il-text")).to_contain_text("Step 5")
        mine.evaluate("(lab) => lab.querySelectorAll('.il-part').forEach((part) => (part.open = true))")
        # A letter is a letter there, and no command of JupyterLab.
        board = mine.get_by_role("application")
        mine.get_by_label("Data", exact=True).select_option("own")
        board.press("0")
        board.press("Enter")
        rate = mine.get_by_label("Rate, network A")
        rate.fill("0.125")
        rate.press("Enter")
        mine.get_by_label("Data", exact=True).select_option("digits")
        expect(mine.locator(".il-text")).to_contain_text("images")
        last = page.locator(".jp-CodeCell").last
        last.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        expect(last.locator(".jp-OutputArea-output")).to_contain_text("rate 0.125")
