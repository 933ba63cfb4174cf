"""An explorer on a page, for the tests: what a reader can do with it, and what it then shows."""

import json
import re
from contextlib import ExitStack
from pathlib import Path

from harness import guess_nothing, visit

from initlab_book import engine
from initlab_book.figure import Menu, Number, Seed, Slider, Toggle, Widths, static
from initlab_book.figure.front_end import EXPLORER
from initlab_book.numbers import number

AXE = Path(__file__).parent / "axe" / "axe.min.js"
ADDRESS_SETTLES = 300  # ms until the address names a new picture
NO_WORKER = "<script>window.Worker = class { constructor() { throw new Error('forbidden'); } };</script>"


def box_in_sight(locator):
    """Scroll to an element, and tell where it is once the browser has drawn what is there."""
    locator.scroll_into_view_if_needed()
    locator.evaluate("() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))")
    return locator.bounding_box()


class Windows:
    """windows(page, **options) -> Visit: windows that many tests share, for they take longer to open than to use. Those
    of one page stay open until another page is asked for."""

    # What moved while the page loaded. Only the letters of a formula may, inside it, when their font arrives.
    SHIFTS = """() => new Promise((resolve) => {
        const sources = [];
        new PerformanceObserver((list) => sources.push(...list.getEntries().flatMap((entry) => entry.sources)))
            .observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(sources), 100);
    }).then((sources) => sources
        .filter(({ node }) => node instanceof Element && node.closest("article") && !node.closest(".katex, span.math"))
        .map((s) => `${s.node.outerHTML.slice(0, 80)} by ${s.currentRect.y - s.previousRect.y} px`))"""

    def __init__(self, browser, address):
        self.browser, self.address = browser, address
        self.opened, self.stack, self.page = {}, ExitStack(), None

    def __call__(self, page, **options):
        if page != self.page:
            self.close()
            self.page = page
        key = tuple(options.items())
        if key not in self.opened:
            visitor = self.stack.enter_context(visit(self.browser, f"{self.address}/{page}.html", **options))
            if options.get("java_script_enabled", True):
                visitor.settle()
                visitor.shifts = visitor.page.evaluate(self.SHIFTS)
                guess_nothing(visitor.page)
            self.opened[key] = visitor
        return self.opened[key]

    def close(self):
        self.stack.close()
        self.opened.clear()


class Figure:
    def __init__(self, page, demo, root=None):
        self.page = page
        self.demo = demo
        self.root = page.locator(f"#explorer-{demo.name}") if root is None else root

    # ---- what it shows

    def rest(self, width=1280, height=900):
        """Back to the start, as if the page had just been opened in a window of this size."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.mouse.move(0, 0)
        self.page.evaluate("document.activeElement.blur()")
        self.button("Reset").evaluate("(button) => button.click()")
        self.wait_until_drawn()

    def wait_until_drawn(self):
        """Every picture fills its place."""
        fills = """(figure) => [...figure.querySelectorAll(".il-stage")].every((stage) =>
            Number(stage.firstElementChild.getAttribute("width")) === Math.floor(stage.clientWidth))"""
        self.root.scroll_into_view_if_needed()  # what is out of sight is not laid out, and so not drawn anew
        self.page.wait_for_function(fills, arg=self.root.element_handle())

    @property
    def sentence(self):
        return self.root.locator(".il-text").text_content()

    @property
    def picture(self):
        """The curves, without cursors and without the running numbers that tell clips apart; and formulas and code."""
        drawn = self.root.locator(".il-stage > svg").evaluate_all(
            "(all) => all.map((svg) => svg.children[0].outerHTML + svg.children[1].outerHTML).join('')"
        )
        return re.sub(r"il-clip-\d+", "il-clip", drawn) + "".join(self.root.locator(".il-sheet").all_text_contents())

    def panel(self, index):
        return self.root.locator(".il-panel").nth(index)

    def reading(self, index):
        """What the legend of a panel says: where, and one text for each key."""
        panel = self.panel(index)
        return panel.locator(".il-at").text_content(), panel.locator(".il-value").all_text_contents()

    def layout(self):
        """Where everything lies, the page below the figure included."""
        return self.root.evaluate(
            """(figure) => {
                const parts = [...figure.querySelectorAll(".il-control, .il-button, .il-panel, .il-stage")];
                const below = [...document.querySelectorAll("h2, h3, p, footer")]
                    .filter((e) => !figure.contains(e) && !e.closest("details:not([open])"));
                const place = (e) => {
                    const { left, top, width, height } = e.getBoundingClientRect();
                    return [left, top + scrollY, width, height].join(" ");
                };
                const sentence = figure.querySelector(".il-text"); // has room for more than it needs
                return [...[figure, ...parts, ...below].map(place), sentence.getBoundingClientRect().top + scrollY];
            }"""
        )

    # ---- its controls

    @property
    def offered(self):
        """The controls whose values the static page has in store."""
        return [control for control in self.demo.controls if not isinstance(control, Number | Widths)]

    def typed(self, control, value):
        """Type a number into the field of a control."""
        field = self.exact(control) if isinstance(control, Slider) else self.control(control)
        field.fill(str(value))
        field.press("Enter")

    def stops_of(self, control):
        """What Tab visits in a control."""
        own = self.control(control)
        if isinstance(control, Slider) and self.demo.engine:
            return [self.exact(control), own]
        return [own, self.button("Draw again")] if isinstance(control, Seed) else [own]

    def control(self, control):
        roles = {Slider: "slider", Menu: "combobox", Toggle: "checkbox", Number: "spinbutton", Seed: "spinbutton"}
        return self.root.get_by_role(roles.get(type(control), "textbox"), name=control.label, exact=True)

    def exact(self, slider):
        """The field beside a slider that takes any number."""
        return self.root.get_by_role("spinbutton", name=f"{slider.label}, exact", exact=True)

    def value(self, control):
        """The number beside a slider, as the eye sees it."""
        if self.demo.engine:
            return number(float(self.exact(control).input_value()), 4)
        return self.control(control).locator("xpath=..").locator(".il-output").text_content()

    def probe(self, panel):
        return self.root.get_by_role("slider", name=f"{panel.title}: read the numbers", exact=True)

    def stops(self, panel):
        """What Tab visits in a panel."""
        if panel.kind == "code":
            block = self.root.get_by_label(panel.title, exact=True)
            # The theme takes what does not scroll out of the order.
            return [*([block] if block.evaluate("(e) => e.tabIndex") == 0 else []), self.button("Copy code")]
        if panel.kind == "formulas":
            return []
        return [self.probe(panel)]

    def more(self, name):
        """Choose an entry of its menu."""
        self.root.locator(".il-drop summary").last.click()
        self.button(name).click()

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def put(self, settings):
        """Bring every control to its place in `settings` at once, by the events that a reader's hand would cause."""
        self.root.evaluate(
            """(figure, places) => places.forEach(([label, place]) => {
                const boxes = [...figure.querySelectorAll(".il-control")];
                const box = boxes.find((box) => box.querySelector("label").textContent === label);
                const control = box.querySelector("input[type=range], input[type=checkbox], select");
                if (control.type === "checkbox") control.checked = place;
                else control.value = place;
                const event = control.type === "range" ? "input" : "change";
                control.dispatchEvent(new Event(event, { bubbles: true }));
            })""",
            [[control.label, self._place(control, settings[control.name])] for control in self.offered],
        )
        assert self.shown() == {control.name: settings[control.name] for control in self.offered}

    @staticmethod
    def _place(control, value):
        return control.values.index(value) if isinstance(control, Slider) else value

    def choose(self, settings):
        """Bring every control to its place in `settings`, by keyboard."""
        for control in self.offered:
            locator = self.control(control)
            locator.focus()
            if isinstance(control, Slider):
                step = control.values.index(settings[control.name]) - int(locator.input_value())
                for _ in range(abs(step)):
                    locator.press("ArrowRight" if step > 0 else "ArrowLeft")
            elif isinstance(control, Menu):
                locator.press("Home")
                for _ in range(control.values.index(settings[control.name])):
                    locator.press("ArrowDown")
            elif locator.is_checked() != settings[control.name]:
                locator.press("Space")

    def shown(self):
        """The settings that the controls show."""
        settings = {}
        for control in self.offered:
            locator = self.control(control)
            if isinstance(control, Slider):
                settings[control.name] = control.values[int(locator.input_value())]
            elif isinstance(control, Menu):
                settings[control.name] = locator.input_value()
            else:
                settings[control.name] = locator.is_checked()
        return settings


def bare_page(*demos):
    """A page that holds nothing but figures."""
    figures = "".join(static.html(demo) for demo in demos)
    computing = f"<script>{engine.script('figures')}</script>" if any(demo.engine for demo in demos) else ""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Test</title><style>{EXPLORER.stylesheet()}</style>"
        f"<script>{EXPLORER.script()}</script>{computing}<main>{figures}</main>"
    )


def plots(demo):
    """The panels that have axes and a cursor."""
    return [panel for panel in demo.panels if panel.kind in ("lines", "histograms")]


def legend(value, digits=4):
    """A number as the legend writes it."""
    return number(value, digits)


def expected_reading(panel, data, i):
    """What the legend must say at position i, from the frame that Python computed."""
    if panel.kind == "histograms":
        outside = legend(round(sum(data["outside"][i]), 1))
        return f"{panel.x_label} {data['layers'][i]}", [legend(data["rms"][i]), f"{outside} %"]
    x = data.get("x", panel.x)[i]
    values = []
    for series in panel.series:
        y = data["y"][series.name]
        if series.style == "strands":
            here = sorted(float(strand[i]) for strand in y)
            values.append(f"{legend(here[0], 3)} to {legend(here[-1], 3)}")
        else:
            values.append(legend(y[i]))
    if panel.band_label:
        low, high = data["band"]
        values.append(f"{legend(low[i], 3)} to {legend(high[i], 3)}")
    return f"{panel.x_label} {legend(x)}", values


def home(panel, data):
    """The position that the legend reads while there is no cursor: the current point, or else the end."""
    for series in getattr(panel, "series", ()):
        if series.style == "points":
            return next(i for i, y in enumerate(data["y"][series.name]) if y is not None)
    return positions(panel, data) - 1


def positions(panel, data):
    """How many positions the cursor of a panel has."""
    return len(data["layers"] if panel.kind == "histograms" else data.get("x", panel.x))


def payload(html, demo):
    """The JSON that a page carries for a demo."""
    after = html.partition(f'id="explorer-{demo.name}"')[2]
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', after, re.S)[1])


def luminance(colour):
    """0 (black) to 1 (white), of a colour as getComputedStyle gives it; what is transparent counts as white paper."""
    channels = [float(part) for part in colour[colour.index("(") + 1 : -1].replace(",", " ").replace("/", " ").split()]
    if len(channels) == 4 and channels[3] == 0:
        return 1.0
    return sum(w * c / 255 for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=False))
