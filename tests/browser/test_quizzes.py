"""Every quiz of the book on the built site: by mouse and keyboard, for eye and screen reader, and without a script."""

import re
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache

import pytest
from figure import AXE, luminance
from harness import PAGES, fewest_with_all, quizzes, visit
from playwright.sync_api import expect

from initlab_book.quiz import Choose, Estimate, Option, Quiz, static
from initlab_book.quiz.front_end import QUIZ

pytestmark = pytest.mark.browser

QUIZZES = quizzes()
WIDTHS = (1280, 360)
ELSEWHERE = 12345.678  # no answer to anything


@dataclass(frozen=True)
class Answer:
    """What a reader may answer to one question, and what that must be told."""

    given: tuple | str
    right: bool
    told: tuple  # one verdict for each option chosen, then what is said of them together


def answers(question):
    """Right and wrong answers to a question: every option alone, or every number that the quiz knows, and more."""
    if isinstance(question, Estimate):
        known = ((question.answer, question.explanation), *question.wrong, (ELSEWHERE, question.otherwise))
        for i, (number, why) in enumerate(known):
            yield Answer(f"{number}", i == 0, (verdict(i == 0, why),))
        return
    everything = range(len(question.options))
    right = tuple(i for i in everything if question.options[i].right)
    if len(right) == 1:
        for i, option in enumerate(question.options):
            yield Answer((i,), option.right, (verdict(option.right, option.explanation),))
        return
    for chosen in (right, *((i,) for i in everything), tuple(everything), right[:-1]):
        options = [question.options[i] for i in chosen]
        wrong, missing = sum(not o.right for o in options), len(right) - sum(o.right for o in options)
        faults = [f"{wrong} choice{' is' if wrong == 1 else 's are'} wrong"] * bool(wrong)
        faults += [f"{missing} right answer{' is' if missing == 1 else 's are'} missing"] * bool(missing)
        together = verdict(not faults, f"{', '.join(faults)}." if faults else "That is all of them.")
        yield Answer(chosen, not faults, (*(verdict(o.right, o.explanation) for o in options), together))


def verdict(right, why):
    return f"✓Right. {plain(why)}" if right else f"✗Not right. {plain(why)}"


def plain(words):
    return words.replace("`", "")


class Form:
    """One question on a page: what a reader can do with it, and what it then shows."""

    def __init__(self, quiz, which):
        self.quiz = quiz
        self.root = quiz.locator("form").nth(which)
        self.number = which + 1

    @property
    def inputs(self):
        return self.root.locator("input")

    @property
    def button(self):
        return self.root.get_by_role("button", name=f"Check question {self.number}", exact=True)

    def give(self, given):
        """Put an answer in with the mouse, and type where there is something to type."""
        if isinstance(given, str):
            self.inputs.fill(given)
            return
        for i, label in enumerate(self.root.locator("label").all()):
            if self.inputs.nth(i).is_checked() != (i in given) and (i in given or self.multiple):
                label.click()

    def give_by_keyboard(self, page, given):
        """Put an answer in with keys alone, beginning in the first field; leaves the focus in the last one."""
        if isinstance(given, str):
            page.keyboard.press("Control+a")
            page.keyboard.type(given)
        elif self.multiple:
            for i in range(self.inputs.count()):
                if self.inputs.nth(i).is_checked() != (i in given):
                    page.keyboard.press("Space")
                if i + 1 < self.inputs.count():
                    page.keyboard.press("Tab")
        else:
            page.keyboard.press("Space")
            for _ in range(given[0]):
                page.keyboard.press("ArrowDown")

    @property
    def multiple(self):
        return self.inputs.first.get_attribute("type") == "checkbox"

    @property
    def told(self):
        return tuple(filter(None, self.root.locator(".il-verdict").all_text_contents()))


def announced(quiz):
    return quiz.locator("[role=status]")


def forms(quiz, questions):
    return [(Form(quiz, i), question) for i, question in enumerate(questions)]


# As if the page had just been opened, for the eye and for the quiz.
REST = """(quiz) => {
    for (const form of quiz.querySelectorAll("form")) {
        form.reset();
        form.dispatchEvent(new Event("input"));
    }
    for (const details of quiz.querySelectorAll("details")) details.open = false;
    document.activeElement.blur();
}"""


def kinds(asked):
    """What kinds of questions a quiz has."""
    return {f"{type(q).__name__} {sum(o.right for o in getattr(q, 'options', ()))}" for q in asked.quiz.questions}


# A few quizzes with every kind of question: the same code draws and marks them all. Answers, words and sizes are tested
# for each of them.
KINDS = fewest_with_all(kinds, QUIZZES)


@pytest.fixture(scope="module", params=QUIZZES, ids=str)
def asked(request):
    return request.param


@pytest.fixture(scope="module")
def window(browser, asked):
    """window(url, ...) -> Visit: many tests of a quiz share the windows, which take longer to open than to use."""
    with ExitStack() as windows:
        yield cache(lambda url, **options: windows.enter_context(visit(browser, url, **options)))


@pytest.fixture
def opened(window, served, asked):
    """opened(...) -> (the quiz on its page, Visit), in its start state."""

    def opened(address=None, *, width=1280, theme="light", **options):
        visitor = window(f"{address or served}/{asked.page}.html", **options)
        quiz = visitor.page.locator(f"#quiz-{asked.quiz.name}")
        visitor.page.set_viewport_size({"width": width, "height": 900})
        visitor.page.emulate_media(media="screen", color_scheme=theme)
        quiz.evaluate(REST)
        return quiz, visitor

    return opened


# ---------------------------------------------------------------- answers


def test_the_pages_hold_exactly_the_quizzes_of_the_notebooks(site):
    for page in PAGES:
        html = (site / f"{page}.html").read_text(encoding="utf-8")
        found = re.findall(r'class="initlab-quiz" id="quiz-([\w-]+)"', html)
        assert found == [asked.quiz.name for asked in QUIZZES if asked.page == page]
        assert ("initlab-quiz.js" in html) == ("initlab-quiz.css" in html) == bool(found), page


# Gives answers to each question, one after another, by the events that a mouse would cause. For each: how much is said
# before it is checked; what is said then; and which of it describes the fields that were chosen.
EVERY_ANSWER = """(quiz, every) => every.map((answers, i) => {
    const form = quiz.querySelectorAll("form")[i];
    const [inputs, labels] = ["input", "label"].map((tag) => [...form.querySelectorAll(tag)]);
    const said = () => [...form.querySelectorAll(".il-verdict")].map((e) => e.textContent).filter(Boolean);
    return answers.map((given) => {
        if (typeof given === "string") {
            inputs[0].value = given;
            inputs[0].dispatchEvent(new Event("input", { bubbles: true }));
        } else {
            inputs.forEach((input, k) => {
                const chosen = given.includes(k);
                if (input.checked !== chosen && (chosen || input.type === "checkbox")) labels[k].click();
            });
        }
        const before = [...said(), ...form.querySelectorAll("[aria-describedby]")].length;
        form.querySelector("button").click();
        const fields = typeof given === "string" ? inputs : given.map((k) => inputs[k]);
        const described = fields.flatMap((field) => field.ariaDescribedByElements || []).map((e) => e.textContent);
        return { before, told: said(), described };
    });
})"""


def test_every_answer_is_marked_explained_and_described(opened, asked):
    quiz, visitor = opened()
    every = [list(answers(question)) for question in asked.quiz.questions]
    found = quiz.evaluate(EVERY_ANSWER, [[answer.given for answer in some] for some in every])
    for question, some, seen in zip(asked.quiz.questions, every, found, strict=True):
        for answer, now in zip(some, seen, strict=True):
            assert tuple(now["told"]) == answer.told, (question.prompt, answer.given)
            fields = 1 if isinstance(answer.given, str) else len(answer.given)
            assert tuple(now["described"]) == answer.told[:fields], (question.prompt, answer.given)
            assert now["before"] == 0, "a new answer takes the old verdict back"
    assert visitor.problems == []


@pytest.mark.parametrize("asked", KINDS, ids=str, indirect=True, scope="module")
def test_every_answer_by_keyboard_is_marked_and_explained(opened, asked):
    quiz, visitor = opened()
    keyboard = visitor.page.keyboard
    for form, question in forms(quiz, asked.quiz.questions):
        for i, answer in enumerate(answers(question)):
            first = form.inputs.first
            if not isinstance(answer.given, str) and not form.multiple and i:
                form.root.evaluate("(form) => form.reset()")  # the keys begin at the first option
            first.focus()
            form.give_by_keyboard(visitor.page, answer.given)
            if i % 2:
                keyboard.press("Enter")
            else:
                keyboard.press("Tab")
                expect(form.button).to_be_focused()
                keyboard.press("Space")
            assert form.told == answer.told
            # The reader stays where he is.
            assert form.root.evaluate("(form) => form.contains(document.activeElement)")
    assert visitor.problems == []


@pytest.mark.parametrize("asked", KINDS, ids=str, indirect=True, scope="module")
def test_tab_leads_through_the_whole_quiz(opened, asked):
    quiz, visitor = opened()
    quiz.locator("input").first.focus()
    buttons = quiz.get_by_role("button")
    for _ in range(quiz.locator("input").count() + buttons.count()):
        if buttons.last.evaluate("(button) => button === document.activeElement"):
            break
        focused = visitor.page.evaluate(
            """() => {
                const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
                return [document.activeElement.closest(".initlab-quiz") !== null, outlineStyle, outlineWidth];
            }"""
        )
        assert focused == [True, "solid", "3px"]
        visitor.page.keyboard.press("Tab")
    expect(buttons.last).to_be_focused()


@pytest.mark.parametrize("asked", KINDS, ids=str, indirect=True, scope="module")
def test_the_end_of_the_quiz_counts_right_answers(opened, asked):
    quiz, _ = opened()
    total = len(asked.quiz.questions)
    progress = quiz.locator(".il-progress")
    expect(progress).to_have_text(f"0 of {total} answered correctly.")
    for i, (form, question) in enumerate(forms(quiz, asked.quiz.questions)):
        right = next(answer for answer in answers(question) if answer.right)
        wrong = next(answer for answer in answers(question) if not answer.right)
        for answer, count in ((wrong, i), (right, i + 1)):
            form.give(answer.given)
            assert form.told == (), "a new answer takes the old verdict back"
            form.button.click()
            assert form.told == answer.told
            expect(progress).to_have_text(f"{count} of {total} answered correctly.")
    form.give(wrong.given)
    expect(progress).to_have_text(f"{total - 1} of {total} answered correctly.")


@pytest.mark.parametrize("asked", KINDS, ids=str, indirect=True, scope="module")
def test_checking_without_an_answer_asks_for_one(opened, asked):
    quiz, _ = opened()
    for form, question in forms(quiz, asked.quiz.questions):
        form.button.click()
        (said,) = form.told
        assert said in ("Choose an answer first.", "Choose at least one answer first.", "Type a number first.")
        expect(announced(quiz)).to_have_text(said)
        assert form.root.locator(".il-right, .il-wrong").count() == 0
        form.give(next(answers(question)).given)
        assert form.told == ()


# ---------------------------------------------------------------- screen reader, eye, paper


@pytest.mark.parametrize("asked", KINDS, ids=str, indirect=True, scope="module")
def test_a_verdict_is_announced_once_in_one_message(opened, asked):
    quiz, visitor = opened()
    announced(quiz).evaluate(
        """(status) => {
            window.heard = [];
            new MutationObserver(() => status.textContent && heard.push(status.textContent))
                .observe(status, { childList: true, characterData: true, subtree: true });
        }"""
    )
    total = len(asked.quiz.questions)
    for form, question in forms(quiz, asked.quiz.questions):
        answer = [answer for answer in answers(question) if not answer.right][-1]
        form.give(answer.given)
        for _ in range(2):  # the same answer again is a message again
            visitor.page.evaluate("heard.length = 0")
            form.button.click()
            visitor.page.wait_for_function("heard.length")
            (message,) = visitor.page.evaluate("heard")
            for told in answer.told:
                assert told[1:] in message
            assert message.endswith(f" 0 of {total} answered correctly.")
            assert "✗" not in message


@pytest.mark.parametrize("asked", KINDS, ids=str, indirect=True, scope="module")
def test_every_question_is_a_group_with_its_text_for_a_name(opened, asked):
    quiz, _ = opened()
    expect(quiz.get_by_role("group", name=f"Quiz: {asked.quiz.title}", exact=True)).to_be_visible()
    for i, (form, question) in enumerate(forms(quiz, asked.quiz.questions), start=1):
        expect(form.root.get_by_role("group", name=f"{i}. {plain(question.prompt)}", exact=True)).to_be_visible()
        if isinstance(question, Estimate):
            expect(form.root.get_by_role("textbox", name="Answer", exact=True)).to_be_visible()
            continue
        role = "checkbox" if form.multiple else "radio"
        for option in question.options:
            expect(form.root.get_by_role(role, name=plain(option.text), exact=True)).to_be_visible()


def some_answers(questions, right):
    """One answer to each of the questions: all of them right or wrong, or as a sequence says."""
    wanted = [right] * len(questions) if isinstance(right, bool) else right
    return [
        [answer for answer in answers(question) if answer.right == now][-1].given
        for question, now in zip(questions, wanted, strict=True)
    ]


# Gives one answer to every question and has them checked, all at once.
ANSWER = """(quiz, given) => quiz.querySelectorAll("form").forEach((form, i) => {
    const inputs = [...form.querySelectorAll("input")];
    if (typeof given[i] === "string") inputs[0].value = given[i];
    else inputs.forEach((input, k) => (input.checked = given[i].includes(k)));
    form.dispatchEvent(new Event("input"));
    form.requestSubmit();
})"""


def answer_all(quiz, questions, right):
    quiz.evaluate(ANSWER, some_answers(questions, right))
    expect(quiz.locator("form:has(.il-verdict:not(:empty))")).to_have_count(len(questions))


# Runs axe-core on the quiz with nothing else on the page, for axe looks at every element, whatever it is asked about.
# Afterwards all is back in its place.
ALONE = """async (quiz) => {
    const taken = [];
    for (let e = quiz; e !== document.body; e = e.parentElement)
        for (const other of [...e.parentElement.children])
            if (other !== e) {
                taken.push([other, document.createComment("")]);
                other.replaceWith(taken.at(-1)[1]);
            }
    const { violations } = await axe.run(quiz);
    for (const [other, place] of taken) place.replaceWith(other);
    return violations.map((v) => [v.id, v.nodes.map((n) => n.html)]);
}"""


@pytest.mark.parametrize(("theme", "width"), [("light", WIDTHS[-1]), ("dark", WIDTHS[0])])
def test_an_answered_quiz_is_accessible_and_nothing_is_cut_off(opened, asked, theme, width):
    quiz, visitor = opened(theme=theme, width=width)
    page = visitor.page
    assert (luminance(quiz.locator(".il-body").evaluate("(e) => getComputedStyle(e).backgroundColor")) < 0.2) == (
        theme == "dark"
    )
    for right in (False, True):
        answer_all(quiz, asked.quiz.questions, right)
        cut = quiz.evaluate(
            """(quiz) => [...quiz.querySelectorAll("*:not(input, .il-spoken)")].filter((e) =>
                e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline"
                || e.getBoundingClientRect().right > quiz.getBoundingClientRect().right).map((e) => e.outerHTML)"""
        )
        assert cut == []
        scroll = page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
        assert scroll <= 0
    # Every question right in one theme and wrong in the other, half of them each.
    page.add_script_tag(path=AXE)
    answer_all(
        quiz, asked.quiz.questions, [(i % 2 == 0) == (theme == "dark") for i in range(len(asked.quiz.questions))]
    )
    assert quiz.evaluate(ALONE) == []


@pytest.mark.parametrize("asked", KINDS, ids=str, indirect=True, scope="module")
def test_on_paper_a_quiz_is_questions_and_options(opened, asked):
    quiz, visitor = opened(theme="dark")  # paper is light all the same
    answer_all(quiz, asked.quiz.questions, right=False)
    visitor.page.emulate_media(media="print", color_scheme="dark")
    for button in quiz.locator("button").all():
        expect(button).to_be_hidden()
    for form, question in forms(quiz, asked.quiz.questions):
        expect(form.root.locator("legend")).to_be_visible()
        assert form.inputs.count() == len(getattr(question, "options", "1"))
    assert luminance(quiz.locator(".il-body").evaluate("(e) => getComputedStyle(e).backgroundColor")) > 0.9
    for part in (".il-prompt", ".il-verdict:not(:empty)", ".il-verdict strong"):
        assert luminance(quiz.locator(part).first.evaluate("(e) => getComputedStyle(e).color")) < 0.4, part


# ---------------------------------------------------------------- without a server, without JavaScript


@pytest.mark.parametrize("asked", KINDS, ids=str, indirect=True, scope="module")
def test_a_quiz_works_from_a_file(opened, asked, site):
    quiz, visitor = opened(site.as_uri())
    given = some_answers(asked.quiz.questions, right=True)
    for (form, _), answer in zip(forms(quiz, asked.quiz.questions), given, strict=True):
        form.give(answer)
        form.button.click()
    total = len(asked.quiz.questions)
    expect(quiz.locator(".il-progress")).to_have_text(f"{total} of {total} answered correctly.")
    assert visitor.problems == []


def test_without_javascript_the_answers_can_be_unfolded(opened, asked):
    quiz, _ = opened(java_script_enabled=False, width=WIDTHS[-1])
    places = quiz.locator(".il-question")
    expect(places).to_have_count(len(asked.quiz.questions))
    for place, question in zip(places.all(), asked.quiz.questions, strict=True):
        expect(place.locator(".il-prompt")).to_contain_text(plain(question.prompt))
        options = getattr(question, "options", ())
        assert place.locator("li").all_text_contents() == [plain(option.text) for option in options]
        answers = place.locator("details p")
        expect(answers.first).to_be_hidden()
        place.locator("summary").click()
        expect(answers).to_have_count(max(1, len(options)))
        for answer, option in zip(answers.all(), options, strict=False):
            expect(answer).to_have_text(f"{'✓' if option.right else '✗'} {plain(option.text + option.explanation)}")
        if isinstance(question, Estimate):
            expect(answers).to_contain_text(plain(question.explanation))


@pytest.mark.parametrize("width", WIDTHS)
def test_what_follows_hardly_moves_when_the_script_takes_over(opened, asked, width):
    before, _ = opened(java_script_enabled=False, width=width)
    after, _ = opened(width=width)
    expect(after.get_by_role("button").first).to_be_visible()
    reserved, drawn = heights_at_rest(before, after)
    assert abs(reserved - drawn) <= 12


def heights_at_rest(*boxes):
    """In pixels, once none has changed for a fifth of a second: a window may just have got another width."""
    known, now = None, [box.bounding_box()["height"] for box in boxes]
    while now != known:
        boxes[0].page.wait_for_timeout(200)
        known, now = now, [box.bounding_box()["height"] for box in boxes]
    return now


# ---------------------------------------------------------------- anything a quiz may be

TRICKY = Quiz(
    name="tricky",
    title="`<b>` & more",
    questions=(
        Estimate("How much?", 38.4, "It is.", "It is not.", 0.01, "%", wrong=((-38.4, "`a < b`, so no minus."),)),
        Estimate("How much more?", 1024.5, "It is.", "It is not."),
        Estimate("How little?", 3.05e-5, "It is.", "It is not."),
        Choose(
            "Is `a < b`, or is it </script>?",
            (Option("<i>Yes</i>", "Because `&amp;`."), Option("`No`", "Because <br>.", right=True)),
        ),
        Estimate("How big a part?", 0.125, "It is.", "It is not.", unit="e"),
    ),
)


def bare_page(folder):
    """The address of a page that holds nothing but one quiz, twice, as a notebook may."""
    path = folder / "bare.html"
    html = static.html(TRICKY)
    path.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Test</title><style>{QUIZ.stylesheet()}</style>"
        f"<main>{html}{html.replace('quiz-tricky', 'again')}</main><script>{QUIZ.script()}</script>",
        encoding="utf-8",
    )
    return path.as_uri()


@pytest.fixture
def bare(open_page, tmp_path):
    return open_page(bare_page(tmp_path)).page


@pytest.fixture(scope="module")
def one_for_many(browser, tmp_path_factory):
    """The same page for answers that come one after the other, as a reader gives them who tries again and again."""
    with visit(browser, bare_page(tmp_path_factory.mktemp("quiz"))) as visitor:
        yield visitor.page


RIGHT, WRONG, NONE = "✓Right.", "✗Not right.", "That is not a number."


@pytest.mark.parametrize(
    ("which", "typed", "said"),
    [
        *((0, typed, RIGHT) for typed in ("38.4", "38,4", " 38.4 ", "+38.4", "3.84e1", "3,84E+1", "38.4 %", "38.4%")),
        *((0, typed, RIGHT) for typed in ("3.84 × 10¹", "0.384·10^2", "384 x 10^-1", "38.1", "38.7")),
        *((0, typed, WRONG) for typed in ("38.0", "38.8", "384", ".384", "0", "1e999", "0,384", "-0")),
        *((0, typed, "✗Not right. a < b, so no minus.") for typed in ("-38.4", "−38.4", "−3.84 × 10¹")),
        *(
            (0, typed, NONE)
            for typed in ("abc", "1e", "--3", "0x10", "Infinity", "NaN", "3 8", "1.2.3", "e5", "1/0", "/8")
        ),
        *((0, typed, "Type a number first.") for typed in ("", "  ")),
        (0, "1,024", "Does the comma separate thousands or decimals? Write 1024 or 1.024."),
        (0, "-38,400", "Does the comma separate thousands or decimals? Write -38400 or -38.400."),
        *((1, typed, RIGHT) for typed in ("1024.5", "1,024.5", "1 024.5", "1024,5", "1.0245e3")),
        (1, "1,024,500", WRONG),
        *((4, typed, RIGHT) for typed in ("0,125", ".125", ",125", "0.125e", "1.25e-1", "12.5e-2 e")),
        *((4, typed, RIGHT) for typed in ("1/8", "2 / 16", "+1⁄8", "1/8 e")),
        (4, "-1/8", WRONG),
        *((2, typed, RIGHT) for typed in ("3.05 × 10⁻⁵", "3.05e-5", "0.0000305", "3,05·10^−5")),
    ],
)
def test_a_number_may_be_typed_in_any_usual_way(one_for_many, which, typed, said):
    form = Form(one_for_many.locator("#quiz-tricky"), which)
    form.give(typed)
    form.inputs.press("Enter")
    assert form.told[0].startswith(said), form.told


def test_numbers_of_a_kind_that_a_keypad_lacks_get_a_keyboard(bare):
    fields = bare.locator("#quiz-tricky input[type=text]")
    assert [field.get_attribute("inputmode") for field in fields.all()] == ["decimal", "decimal", "text", "decimal"]


def test_the_same_quiz_twice_is_two_quizzes(bare):
    one, two = (Form(bare.locator(place), 3) for place in ("#quiz-tricky", "#again"))
    one.give((1,))
    two.give((0,))
    for form in (one, two):
        form.button.click()
    assert one.inputs.nth(1).is_checked()
    assert two.inputs.nth(0).is_checked()
    assert (one.told, two.told) == (("✓Right. Because <br>.",), ("✗Not right. Because &amp;.",))
    ids = bare.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_text_is_never_taken_for_markup(bare):
    quiz = bare.locator("#quiz-tricky")
    assert quiz.locator(".il-title").inner_html() == "<code>&lt;b&gt;</code> &amp; more"
    form = Form(quiz, 3)
    assert form.root.locator("legend").inner_html() == "4. Is <code>a &lt; b</code>, or is it &lt;/script&gt;?"
    assert form.root.locator("label").all_inner_texts() == ["<i>Yes</i>", "No"]
    assert quiz.locator("i, b, br").count() == 0
