"""What a reader's browser remembers: answers to quizzes, and which chapters were read."""

import re
from dataclasses import replace

import pytest
from harness import NOTEBOOKS, quizzes, visit
from playwright.sync_api import expect

from initlab_book.quiz import Choose, Estimate, Option, Quiz, static
from initlab_book.quiz.front_end import QUIZ

pytestmark = pytest.mark.browser

ASKED = quizzes()[0]
CHAPTERS = [page for page in NOTEBOOKS if page != "book/index"]
SHOWN = """(quiz) => [
    [...quiz.querySelectorAll("input")].map((input) => (input.type === "text" ? input.value : input.checked)),
    [...quiz.querySelectorAll(".il-verdict")].map((verdict) => verdict.textContent),
    quiz.querySelector(".il-progress").textContent,
]"""


def answer_everything(quiz):
    for form in quiz.locator("form").all():
        first = form.locator("input").first
        if first.get_attribute("type") == "text":
            first.fill("3")
        else:
            first.check()
        form.get_by_role("button").click()


@pytest.mark.parametrize("width", [1280, 360])
def test_answers_are_there_again_and_nothing_moves(open_page, served, width):
    address = f"{served}/{ASKED.page}.html"
    visitor = open_page(address, width=width)
    page = visitor.page
    quiz = page.locator(f"#quiz-{ASKED.quiz.name}")
    answer_everything(quiz)
    shown = quiz.evaluate(SHOWN)
    assert all(form.locator(".il-verdict:not(:empty)").count() for form in quiz.locator("form").all())

    late = []
    script = re.compile(r"/initlab-quiz\.js")
    page.route(script, lambda route: late.append(route))
    page.goto(address, wait_until="commit")
    page.wait_for_function("document.querySelector('#exercises') && !document.documentElement.style.visibility")
    below = "document.querySelector('#exercises').getBoundingClientRect().top + scrollY"
    expect(quiz.locator("details").first).to_be_attached()
    before = page.evaluate(below)
    late[0].continue_()
    expect(quiz.locator("form").first).to_be_attached()
    assert page.evaluate(below) == before
    assert quiz.evaluate(SHOWN) == shown
    assert quiz.locator("[role=status]").text_content() == "", "nobody is told again"
    assert visitor.problems == []

    quiz.get_by_role("button", name="Clear answers").click()
    expect(quiz.locator("[role=status]")).to_contain_text("All answers are cleared.")
    fresh = quiz.evaluate(SHOWN)
    assert not any(fresh[0])
    assert not any(fresh[1])
    assert fresh[2].startswith("0 of ")
    page.unroute(script)
    page.reload()
    assert quiz.evaluate(SHOWN) == fresh


YES = (Option("Yes", "It is.", right=True), Option("No", "It is not."))
FIRST = Quiz("changing", "Two", (Choose("Is it?", YES), Estimate("How many?", 3, "Three.", "Count them.")))
SECOND = replace(FIRST, questions=(Choose("Is it not?", YES), FIRST.questions[1]))


def test_a_changed_question_is_asked_anew(open_page, tmp_path):
    path = tmp_path / "page.html"

    def write(quiz):
        path.write_text(
            f"<!doctype html><title>Test</title><style>{QUIZ.stylesheet()}</style>{static.html(quiz)}"
            f"<script>{QUIZ.script()}</script>",
            encoding="utf-8",
        )

    write(FIRST)
    page = open_page(path.as_uri()).page
    quiz = page.locator("#quiz-changing")
    answer_everything(quiz)
    expect(quiz.locator(".il-progress")).to_have_text("2 of 2 answered correctly.")
    write(SECOND)
    page.reload()
    assert quiz.evaluate(SHOWN)[0] == [False, False, "3"]
    expect(quiz.locator(".il-progress")).to_have_text("1 of 2 answered correctly.")


def test_chapters_that_were_read_are_marked_and_can_be_forgotten(open_page, site):
    for name in CHAPTERS:
        assert 'id="takeaways"' in (site / f"{name}.html").read_text(encoding="utf-8"), name
    name = CHAPTERS[1]
    visitor = open_page(f"{(site / name).as_uri()}.html")
    page = visitor.page
    forget = page.get_by_role("button", name="Forget my progress")
    marked = page.locator("nav").get_by_role("link", name=re.compile(", read$"))
    expect(page.locator("article h1")).to_be_visible()
    expect(forget).to_be_hidden()
    expect(marked).to_have_count(0)
    answer_everything(page.locator(".initlab-quiz"))
    page.locator("#takeaways > :last-child").scroll_into_view_if_needed()
    expect(marked).to_have_text(re.compile(r"^\s*2\. "))

    page.goto(f"{(site / 'book/index').as_uri()}.html")
    expect(marked).to_have_count(1)
    expect(page.locator("#the-chapters a.read")).to_have_attribute("href", f"{name.removeprefix('book/')}.html")
    expect(page.locator(".reading-progress")).to_contain_text(f"1 of {len(CHAPTERS)} chapters read")
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_navigation():
        forget.click()
    expect(page.locator("article h1")).to_be_visible()
    expect(forget).to_be_hidden()
    expect(marked).to_have_count(0)
    assert [key for key in page.evaluate("Object.keys(localStorage)") if key.startswith("initlab")] == []
    assert visitor.problems == []


DENIED = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("denied") }, configurable: true,
})"""


def test_where_nothing_may_be_stored_a_page_works_without_remembering(browser, served):
    with visit(browser, "about:blank") as visitor:
        page = visitor.page
        page.add_init_script(DENIED)
        page.goto(f"{served}/{ASKED.page}.html")
        quiz = page.locator(f"#quiz-{ASKED.quiz.name}")
        answer_everything(quiz)
        page.locator("#takeaways > :last-child").scroll_into_view_if_needed()
        expect(page.locator("nav a.read")).to_have_count(1)
        page.locator(".theme-switch-button:visible").first.click()
        page.reload()
        expect(quiz.locator(".il-progress")).to_contain_text("0 of ")
        assert visitor.problems == []
