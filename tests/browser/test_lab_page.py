"""The lab on a page: run, rewind, compare, draw points, keep and share what was built. `tests/book/test_lab.py` holds
the numbers to `initlab`; here they are read off the page."""

import json
import re
from functools import partial

import numpy as np
import pytest
from figure import AXE, NO_WORKER
from playwright.sync_api import expect

from initlab import datasets, network, training
from initlab.initializers import xavier_uniform
from initlab_book import engine
from initlab_book.chapters.lab import lab
from initlab_book.lab import static
from initlab_book.lab.front_end import LAB
from initlab_book.numbers import number


class Bench:
    """A page that holds nothing but the lab, and what a reader does there."""

    def __init__(self, visitor):
        self.visitor, self.page = visitor, visitor.page
        self.root = visitor.page.locator(".initlab-lab")
        expect(self.sentences.first).to_contain_text("Step 0")

    @property
    def sentences(self):
        return self.root.locator(".il-text")

    def press(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    def type_in(self, label, value):
        field = self.root.get_by_label(label, exact=True)
        field.fill(str(value))
        field.press("Enter")

    def step(self):
        """One step on: what the lab then says. The number of the step must move: a choice may change the rest later."""
        expect(self.sentences.first).to_have_text(re.compile("^Step"))  # a network that is new says nothing at first
        before = self.sentences.first.text_content().partition(":")[0]
        self.press("Step")
        expect(self.sentences.first).not_to_have_text(re.compile(f"^{before}:"))
        return self.sentences.all_text_contents()

    def more(self, entry):
        self.root.locator("summary[aria-label^=More]").click()
        self.press(entry)

    def experiment(self):
        """What the lab would save."""
        with self.page.expect_download() as saved:
            self.more("Save to a file")
        return json.loads(saved.value.path().read_text(encoding="utf-8"))


def bare_lab(thing=lab, head=""):
    digits = f"window.initlabDigits = {json.dumps(engine.digits(count=200))};"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>Test</title>{head}<style>{LAB.stylesheet()}</style>'
        f"<script>{engine.script('lab')}{digits}{LAB.script()}</script><main>{static.html(thing)}</main>"
    )


@pytest.fixture
def open_lab(open_page, tmp_path):
    """open_lab(address, head=..., ...) -> Bench"""

    def open_lab(address="", head="", **options):
        path = tmp_path / "lab.html"
        path.write_text(bare_lab(head=head), encoding="utf-8")
        return Bench(open_page(path.as_uri() + address, **options))

    return open_lab


@pytest.mark.parametrize("head", ["", NO_WORKER], ids=["worker", "none"])
def test_it_plays_and_rewinds_to_the_same_draw(open_lab, head):
    bench = open_lab(head=head)
    bench.root.get_by_label("Initializer, all layers of network A").select_option("he_normal")
    bench.page.get_by_label("Updates a picture").select_option("20")
    first = bench.step()
    assert first[0].startswith("Step 20:")
    bench.press("Play")
    bench.page.wait_for_function("parseInt(document.querySelector('.il-text').textContent.slice(5)) > 200")
    bench.press("Pause")
    bench.press("Rewind")
    expect(bench.sentences).to_have_text(re.compile(r"^Step 0:"))
    assert bench.step() == first
    bench.press("Draw again")
    expect(bench.root.get_by_label("Seed of the first draw")).to_have_value("1")
    expect(bench.sentences).to_have_text(re.compile(r"^Step 0:"))
    assert bench.step() != first
    assert not bench.visitor.problems


SLOW_FRAMES = "<script>window.requestAnimationFrame = (f) => setTimeout(() => f(performance.now()), 300);</script>"


@pytest.mark.parametrize("head", ["", NO_WORKER], ids=["worker", "none"])
@pytest.mark.parametrize("data", ["cross", "digits"])
def test_every_press_of_step_counts_also_before_a_picture_is_there(open_lab, head, data):
    bench = open_lab(head=head + SLOW_FRAMES)
    step = bench.root.get_by_role("button", name="Step", exact=True).element_handle()
    choose_and_step = """(choice, [data, step]) => {
        choice.value = data;
        choice.dispatchEvent(new Event("change", { bubbles: true }));
        for (let i = 0; i < 3; i += 1) step.click();
    }"""
    bench.root.get_by_label("Data", exact=True).evaluate(choose_and_step, [data, step])
    expect(bench.sentences).to_have_text(re.compile(r"^Step 15:"))
    bench.press("Step")
    expect(bench.sentences).to_have_text(re.compile(r"^Step 20:"))
    assert not bench.visitor.problems


def test_what_it_says_is_what_python_says(open_lab):
    bench = open_lab()
    bench.type_in("Inputs times", 3)
    bench.root.get_by_label("standardize inputs").uncheck()
    bench.root.get_by_label("Initializer, all layers of network A").select_option("xavier_uniform")
    bench.type_in("Factor, all layers of network A", 1.5)
    bench.root.get_by_label("Activation, all layers of network A").select_option("tanh")
    bench.page.get_by_label("Updates a picture").select_option("10")
    (said,) = bench.step()

    data, (given,) = lab.experiment["data"], lab.experiment["runs"]
    x, y = datasets.moons(data["n"], noise=data["noise"], rng=data["seed"])
    split = datasets.split(x, y, held_out=data["heldOut"], rng=data["seed"])

    run = training.train(
        network.sample([2, *given["hidden"], 2], "tanh", partial(xavier_uniform, gain=1.5), rng=0),
        3 * split.x,
        split.y,
        loss="softmax_cross_entropy",
        learning_rate=given["rate"],
        momentum=given["momentum"],
        batch_size=given["batch"],
        steps=10,
        rng=0,
        snapshots=[10],
        held_out=(3 * split.held_out_x, split.held_out_y),
    )
    (end,) = run.snapshots
    assert said.startswith(
        f"Step 10: loss {number(float(end.loss), 3)} on the training points, {number(float(end.held_out_loss), 3)} on"
    )


def test_two_networks_train_side_by_side_on_the_same_draws(open_lab):
    bench = open_lab()
    bench.press("Compare two")
    expect(bench.sentences).to_have_count(2)
    one, two = bench.step()
    assert one == two
    bench.root.get_by_label("Initializer, all layers of network B").select_option("he_normal")
    bench.page.get_by_label("Updates a picture").select_option("50")
    bench.press("Play")
    bench.page.wait_for_function("parseInt(document.querySelector('.il-text').textContent.slice(5)) >= 500")
    bench.press("Pause")
    one, two = bench.sentences.all_text_contents()
    assert one.partition(":")[0] == two.partition(":")[0]
    assert "loss 0.693" in one
    assert "loss 0.693" not in two
    # One has more to say of than the other; their pictures line up all the same.
    tops = bench.root.locator(".il-side").evaluate_all(
        "(all) => all.map((side) => [...side.querySelectorAll('.il-panel')].map((p) => p.getBoundingClientRect().top))"
    )
    assert tops[0] == tops[1]
    # What stands still is told to a screen reader, of both.
    expect(bench.root.locator("> .il-body > .il-spoken")).to_contain_text("Network B: Step")
    # Taken away and brought back, the second network is what it was.
    bench.press("Compare two")
    expect(bench.sentences).to_have_count(1)
    bench.press("Compare two")
    expect(bench.root.get_by_label("Initializer, all layers of network B")).to_have_value("he_normal")


def test_points_are_drawn_by_mouse_and_keyboard_and_pasted(open_lab):
    bench = open_lab()
    bench.root.get_by_label("Data", exact=True).select_option("own")
    bench.press("Clear all")
    board = bench.root.get_by_role("application", name="Board for your own points")
    box = board.bounding_box()
    bench.page.mouse.move(box["x"] + 30, box["y"] + 30)
    bench.page.mouse.down()
    bench.page.mouse.move(box["x"] + 130, box["y"] + 30, steps=10)
    bench.page.mouse.up()
    drawn = bench.experiment()["data"]["points"]
    assert len(drawn) > 4
    assert {label for *_, label in drawn} == {0}
    assert np.ptp([x for x, *_ in drawn]) > 1
    assert np.ptp([y for _, y, _ in drawn]) < 0.1

    board.focus()
    for key in ("1", "ArrowRight", "ArrowRight", "Shift+ArrowDown", "Space", "ArrowLeft", "Enter", "Delete"):
        board.press(key)
    expect(bench.root.locator("> .il-body > .il-spoken")).to_contain_text("Point removed")
    points = bench.experiment()["data"]["points"]
    assert points == [*drawn, [0.2, -0.5, 1]]

    bench.root.locator("summary", has_text="Points as CSV").click()
    bench.root.get_by_role("textbox").fill("x; y; kind\n1,5; 2; cat\n-1; 0,5; dog\n0; 0; cat\n-1; -1; dog")
    bench.press("Use these points")
    assert bench.experiment()["data"]["points"] == [[1.5, 2, 0], [-1, 0.5, 1], [0, 0, 0], [-1, -1, 1]]
    bench.root.get_by_role("textbox").fill("1, 2")
    bench.press("Use these points")
    expect(bench.root.get_by_text("Line 1 is not x, y, class: 1, 2")).to_be_visible()
    bench.step()


def test_points_drawn_by_hand_train_with_and_without_hes_factor_side_by_side(open_lab, capsys):
    """2-32-32-32-2, opened from the disk: no picture is left out, and the numbers are those of `initlab`."""
    bench = open_lab()
    bench.root.get_by_label("Data", exact=True).select_option("own")
    bench.press("Clear all")
    box = bench.root.get_by_role("application", name="Board for your own points").bounding_box()
    for name, height in (("class 0", 0.25), ("class 1", 0.55)):
        bench.press(name)
        for k in range(25):
            across, down = 0.1 + 0.032 * k, height + 0.2 * np.sin(k / 3)
            bench.page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
            if k == 0:
                bench.page.mouse.down()
        bench.page.mouse.up()
    bench.root.locator("summary", has_text="Layer by layer").first.click()
    for _ in range(3):
        bench.press("Remove layer 1 of network A")
    bench.type_in("Units, all layers of network A", 32)
    bench.root.get_by_label("Initializer, all layers of network A").select_option("he_normal")
    bench.press("Compare two")
    bench.root.get_by_label("Initializer, all layers of network B").select_option("lecun_normal")
    bench.more("The same in Python")
    codes = bench.root.locator("pre").all_text_contents()
    bench.page.evaluate("""() => {
        window.seen = [...document.querySelectorAll(".il-text")].map((text) => {
            const sentences = new Set();
            new MutationObserver(() => sentences.add(text.textContent)).observe(text,
                { childList: true, characterData: true, subtree: true });
            return sentences;
        });
    }""")
    bench.press("Play")
    bench.page.wait_for_function("parseInt(document.querySelector('.il-text').textContent.slice(5)) >= 250")
    bench.press("Pause")
    he, lecun = bench.page.evaluate("seen.map((all) => [...all])")
    assert [run["hidden"] for run in bench.experiment()["runs"]] == [[32, 32, 32]] * 2
    for sentences, code, initializer in ((he, codes[0], "he_normal"), (lecun, codes[1], "lecun_normal")):
        sentences = [text for text in sentences if not text.startswith("Step 0:")]  # it may come late
        steps = [int(re.match(r"Step (\d+):", text)[1]) for text in sentences]
        assert steps[:50] == list(range(5, 255, 5))
        assert f"initializers.{initializer}" in code
        exec(code, {})
        printed = {int(line.split()[1]): line.split()[2:] for line in capsys.readouterr().out.splitlines()}
        for step in (10, 100, 200):
            text = sentences[step // 5 - 1]
            loss, _, new_loss, _ = (number(float(value), 3) for value in printed[step])
            assert text.startswith(f"Step {step}: loss {loss} on the training points, {new_loss} on held-out ones")
    assert not bench.visitor.problems


def test_layers_come_and_go_each_with_its_own_start(open_lab):
    bench = open_lab()
    bench.root.locator("summary", has_text="Layer by layer").first.click()
    bench.press("Add a layer")
    bench.press("Remove layer 1 of network A")
    bench.press("Add a layer")
    bench.type_in("Units, layer 2 of network A", 5)
    bench.root.get_by_label("Initializer, layer 2 of network A").select_option("orthogonal")
    bench.type_in("Factor, layer 2 of network A", 1.5)
    bench.type_in("Biases, output of network A", -0.5)
    (run,) = bench.experiment()["runs"]
    assert run["hidden"] == [16, 5, *[16] * 5]
    assert run["initializers"][1] == {"scheme": "orthogonal", "scale": 1.5}
    assert run["initializers"][0] == run["initializers"][2] == {"scheme": "normal", "scale": 0.1}
    assert run["biases"] == [*[0] * 7, -0.5]
    expect(bench.root.get_by_label("Initializer, all layers of network A")).to_have_value("")
    bench.type_in("Units, layer 2 of network A", 65)
    expect(bench.root.get_by_text("It must be a whole number from 1 to 64.")).to_be_visible()
    expect(bench.root.get_by_label("Units, layer 2 of network A")).to_have_value("5")


def test_a_link_and_a_file_bring_an_experiment_back(open_lab, tmp_path):
    bench = open_lab()
    bench.type_in("Rate, network A", 0.25)
    bench.press("Compare two")
    bench.type_in("Draws at once", 3)
    kept = bench.experiment()
    bench.page.wait_for_function("location.hash.includes('0.25') && location.hash.includes('count')")
    address = bench.page.evaluate("location.hash")
    assert len(address) < 400
    again = open_lab(address)
    assert again.experiment() == kept

    path = tmp_path / "saved.json"
    path.write_text(json.dumps(kept | {"seeds": {"first": 7, "count": 2}}), encoding="utf-8")
    again.root.locator("input[type=file]").set_input_files(path)
    expect(again.root.get_by_label("Seed of the first draw")).to_have_value("7")
    path.write_text(json.dumps(kept | {"version": 2}), encoding="utf-8")
    again.root.locator("input[type=file]").set_input_files(path)
    expect(again.root.locator(".il-remark")).to_contain_text("newer lab, version 2")
    expect(again.root.get_by_label("Seed of the first draw")).to_have_value("7")
    newer = open_lab("#lab-networks?(version:2)")
    expect(newer.root.locator(".il-remark")).to_contain_text("newer lab, version 2")


def test_python_and_the_findings_go_with_the_network(open_lab):
    bench = open_lab()
    bench.more("The same in Python")
    expect(bench.root.locator("pre")).to_contain_text("std=0.1")
    bench.root.get_by_label("Initializer, all layers of network A").select_option("zeros")
    expect(bench.root.locator("pre")).to_contain_text("initializers.zeros")
    bench.root.get_by_label("with biases, network A").uncheck()
    expect(bench.root.locator("pre")).to_contain_text("bias_initializer=None")
    expect(bench.root.get_by_label("Biases, all layers of network A")).to_be_hidden()
    finding = bench.root.locator(".il-findings li").first
    expect(finding).to_contain_text("are 0")
    expect(finding.get_by_role("link", name="Symmetry")).to_have_attribute("href", "symmetry.html")


def test_a_challenge_is_judged_and_the_score_is_kept_until_it_is_cleared(open_lab):
    bench = open_lab()
    bench.press("Open challenge: Dead at birth")
    judge = bench.root.get_by_role("button", name="Judge my change")
    verdict = bench.root.locator(".il-work .il-verdict")
    judge.click()
    expect(verdict).to_contain_text("Nothing has been changed yet.")
    bench.type_in("Biases, all layers of network A", 0)
    expect(bench.root.locator(".il-changed")).to_have_text("Changed: the biases.")
    bench.type_in("Rate, network A", 0.1)
    judge.click()
    expect(verdict).to_contain_text("Change one only")
    bench.type_in("Rate, network A", 0.03)
    judge.click()
    expect(verdict).to_contain_text("Solved")
    expect(judge).to_be_enabled()
    score = bench.root.locator(".il-score")
    expect(score).to_have_text("1 of 6 solved.")
    bench.page.reload()
    expect(score).to_have_text("1 of 6 solved.")
    bench.press("Clear the score")
    bench.page.reload()
    expect(score).to_have_text("0 of 6 solved.")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_telephone_nothing_scrolls_sideways_and_all_is_named(open_lab, theme):
    head = f"<script>document.documentElement.dataset.theme = {theme!r}</script><style>body {{ margin: 0 }}</style>"
    bench = open_lab(head=head, width=360, theme=theme)
    bench.press("Compare two")
    bench.press("Open challenge: Whispers from the top")
    bench.root.evaluate(
        "(root) => root.querySelectorAll('details:not(.il-drop)').forEach((each) => (each.open = true))"
    )
    bench.root.get_by_label("Data", exact=True).select_option("own")
    bench.more("The same in Python")
    bench.step()
    assert bench.page.evaluate("document.documentElement.scrollWidth") == 360
    bench.page.add_script_tag(path=AXE)
    check = "async () => (await axe.run('.initlab-lab')).violations.map((v) => v.id + ': ' + v.nodes[0].html)"
    assert bench.page.evaluate(check) == []
    assert not bench.visitor.problems


def test_digits_are_there_when_they_are_chosen(open_lab):
    bench = open_lab()
    bench.root.get_by_label("Data", exact=True).select_option("digits")
    bench.type_in("Examples", 200)
    expect(bench.sentences).to_contain_text("images")
    (panel,) = bench.root.locator(".il-panel:has(canvas)").all()
    expect(panel).to_contain_text("Two images of each digit, held out")
    before = panel.locator(".il-says").all_text_contents()
    assert len(before) == panel.locator(".il-says").count() == 20
    bench.root.get_by_label("Initializer, all layers of network A").select_option("he_normal")
    bench.page.get_by_label("Updates a picture").select_option("50")
    bench.step()
    expect(panel.locator(".il-value").first).to_have_text(re.compile(r"^\d+ right$"))
    assert panel.locator(".il-says").all_text_contents() != before


def test_without_javascript_there_are_a_sentence_and_a_table(open_page, tmp_path):
    path = tmp_path / "lab.html"
    path.write_text(bare_lab(), encoding="utf-8")
    page = open_page(path.as_uri(), java_script_enabled=False).page
    expect(page.locator(".initlab-lab p").nth(1)).to_have_text(lab.text)
    rows = page.locator(".initlab-lab tbody tr").all_text_contents()
    assert len(rows) == len(lab.experiment["runs"][0]["hidden"]) + 1
    assert rows[0] == "A116relunormal, scale 0.1"


# What anywidget does with the front end in a notebook, and a model that keeps what it is told.
AS_A_WIDGET = """
const state = %s;
const listeners = {};
window.model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    save_changes() { if (state.wants_digits && !state.digits.pixels) model.change("digits", %s); },
    on: (event, listener) => (listeners[event] ||= []).push(listener),
    off: (event, listener) => (listeners[event] = listeners[event].filter((each) => each !== listener)),
    change(name, value) { state[name] = value; for (const each of listeners[`change:${name}`] || []) each(); },
};
window.leave = render({ model, el: document.querySelector("main") });
"""


def test_in_a_notebook_the_experiment_is_what_the_kernel_and_the_page_agree_on(open_page, tmp_path):
    digits = engine.digits(count=200)
    state = {"spec": lab.spec(), "experiment": lab.experiment, "digits": {}, "wants_digits": False}
    module = LAB.module() + AS_A_WIDGET % (json.dumps(state), json.dumps(digits))
    path = tmp_path / "widget.html"
    path.write_text(
        f"<!doctype html><meta charset=utf-8><title>Test</title><style>{LAB.stylesheet()}</style><main></main>"
        f'<script type="module">{module}</script>',
        encoding="utf-8",
    )
    bench = Bench(open_page(path.as_uri()))
    link = bench.root.locator(".il-findings a").first
    expect(link).to_have_text(lab.chapters[link.get_attribute("href").removesuffix(".ipynb")])
    bench.step()
    bench.type_in("Rate, network A", 0.25)
    assert bench.page.evaluate("model.get('experiment').runs[0].rate") == 0.25
    changed = {**lab.experiment, "seeds": {"first": 5, "count": 1}}
    bench.page.evaluate("(experiment) => model.change('experiment', experiment)", changed)
    expect(bench.root.get_by_label("Seed of the first draw")).to_have_value("5")
    bench.page.evaluate("model.change('experiment', {data: {set: 'digits', n: 100}, runs: [{rate: -1}]})")
    expect(bench.root.locator(".il-remark")).to_contain_text("runs[0].rate must be from 0")
    expect(bench.sentences).to_contain_text("images")
    bench.step()
    bench.page.evaluate("leave()")
    assert not bench.visitor.problems
