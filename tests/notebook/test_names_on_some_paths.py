"""Names that a cell binds or deletes on some paths only: a hit leaves what a run would leave."""

from __future__ import annotations

import ast

import pytest

from tests.notebook.kernel import Kernel
from zenbook.front.notebook.some_paths import names_presumed

LEFT_ALONE = {
    "if": ("flags = [0]", "if flags[0]:\n    b = 1\nn = len(flags)"),
    "suppress": (
        "from contextlib import suppress",
        "with suppress(Exception):\n    b = nothing[1]\nn = 1",
    ),
    "try": ("flags = [0]", "try:\n    b = nothing()\nexcept NameError:\n    n = len(flags)"),
    "match": (
        "flags = [0]",
        "match flags:\n    case [1]:\n        b = 2\n    case _:\n        n = 3",
    ),
}
DELETING = {
    "try": "try:\n    del b\nexcept NameError:\n    pass\nn = 1",
    "suppress": "from contextlib import suppress\nwith suppress(NameError):\n    del b\nn = 1",
    "a caught error": "try:\n    1 / 0\nexcept ZeroDivisionError as b:\n    n = str(b)",
    "if": "flag = 0 if 'b' not in dir() else 1\nif flag:\n    del b\nn = 1",
}


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_a_name_that_another_cell_left_does_not_come_back_when_it_is_gone(
    case: str, kernel: Kernel
) -> None:
    setup, body = LEFT_ALONE[case]
    step = f"%%step s\n{body}"
    kernel.play(setup, "b = (1, 1)", step)
    kernel.fresh()
    ran = kernel.play(setup, step, "'b' in globals()")
    assert ran[-1].result == "False", ran[1].said
    kernel.fresh()
    again = kernel.play(setup, step, "'b' in globals(), n")
    assert again[1].status == "cached", again[1].said
    assert again[-1].result.startswith("(False, ")


@pytest.mark.parametrize("case", DELETING)
def test_a_name_that_was_not_there_to_be_deleted_is_deleted_where_it_is(
    case: str, kernel: Kernel
) -> None:
    step = f"%%step s\n{DELETING[case]}"
    kernel.play(step)
    for _ in range(2):
        assert kernel.play("b = [2]", step, "'b' in globals()")[-1].result == "False"
        assert kernel.play(step, "'b' in globals()")[-1].result == "False"


def test_a_caught_error_needs_no_name_to_be_deleted(kernel: Kernel) -> None:
    step = f"%%step s\n{DELETING['a caught error']}"
    kernel.play("b = 5", step)
    assert kernel.play(step)[-1].status == "cached"


@pytest.mark.parametrize(
    ("loop", "left"),
    [
        ("for i in range(3):\n    last = i % 2", "i, last"),
        (
            "import contextlib\nwith contextlib.nullcontext('ab') as text:\n    count = len(text)",
            "count",
        ),
    ],
    ids=["for", "with"],
)
def test_what_a_loop_left_before_is_no_doubt_after_a_restart(
    loop: str, left: str, kernel: Kernel
) -> None:
    kernel.play("start = 1", f"%%step s\nstart + 1\n{loop}")
    kernel.play("start = 2", f"%%step s\nstart + 1\n{loop}")
    kernel.fresh()
    again = kernel.play("start = 2", f"%%step s\nstart + 1\n{loop}", left)
    assert again[1].status == "cached" and again[2].result, again[1].said


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("if a:\n    x = y = 1\nelse:\n    x = 2", {"x"}),
        ("if (m := f()):\n    x = 1", {"m"}),
        ("for a, b in c:\n    d = a\nelse:\n    e = 1", {"a", "b", "d"}),
        ("while f():\n    x = 1", {"x"}),
        ("with open(p) as f:\n    x = f.read()", {"f", "x"}),
        ("with contextlib.suppress(E) as s:\n    x = 1", {"s"}),
        ("with case.assertRaises(E):\n    x = f()", set()),
        ("try:\n    x = 1\nexcept E:\n    x = y = 2\nfinally:\n    z = 1", {"x", "z"}),
        ("try:\n    x = 1\nexcept E:\n    pass\nelse:\n    y = 1", set()),
        ("match a:\n    case b:\n        x = 1", set()),
        ("def f():\n    x = 1\nclass C:\n    y = 1\nimport a.b as n", {"f", "C", "n"}),
    ],
)
def test_which_names_are_presumed_to_be_bound(source: str, names: set[str]) -> None:
    assert names_presumed(ast.parse(source).body) == names


def test_names_bound_to_numbers_on_every_branch_are_outputs(kernel: Kernel) -> None:
    pick = "%%step pick\nif mode == 1:\n    rate, name = 0.1, 'slow'\n    n = 1\nelse:\n    n = 2"
    train = "%%step train\nscore = n * 10"
    picked, _ = kernel.play("mode = 1", pick, train)[1:]
    assert "n, " in picked.said or "n (" in picked.said, picked.said
    assert "← pick (n)" in str(kernel.run("%pipeline").result)


def test_numbers_that_stay_the_same_on_every_branch_come_back(kernel: Kernel) -> None:
    pick = "%%step pick\nif mode:\n    n = 1\n    m = 'slow'\nelse:\n    n = 2\n    m = 'fast'"
    kernel.play("mode = 1", pick)
    kernel.play("mode = 2", pick)
    kernel.fresh()
    again = kernel.play("mode = 2", pick, "n, m")
    assert again[1].status == "cached" and again[2].result == "(1, 'slow')", again[1].said


TRAINING = """%%step train
loss = 0.0
for epoch in range(epochs):
    error = rate * (epoch + 1)
    for part in (1, 2):
        loss += error / part
print(epoch, error, part)"""


def test_what_only_loops_bind_is_no_input_of_their_own_cell(kernel: Kernel) -> None:
    for rate, status in ((1, "completed"), (1, "cached"), (2, "completed"), (1, "cached")):
        ran = kernel.play(f"epochs, rate = 3, {rate}", TRAINING)[-1]
        assert (ran.status, ran.stream()) == (status, f"2 {3 * rate} 2\n"), ran.said
    kernel.fresh()
    ran = kernel.play("epochs, rate = 3, 1", TRAINING)[-1]
    assert ran.status == "cached", ran.said


EMPTY_LOOPS = {
    "is empty": "for x in xs:\n    last = x\nprint(last)",
    "is empty once it is guarded": "try:\n    for x in xs:\n        last = x\n    print(last)\n"
    "except NameError:\n    print('none')",
    "reads it in a function": "for x in xs:\n    last = x\n\ndef told():\n    return last\n"
    "found = call(told)",
    "is in a context that lets no error out": "with Quiet():\n    for x in xs:\n        last = x\n"
    "    print(last)",
    "may be left": "for x in xs:\n    if x > 1:\n        continue\n    last = x\nprint(last)",
}


@pytest.mark.parametrize("body", EMPTY_LOOPS.values(), ids=EMPTY_LOOPS)
def test_what_a_loop_may_not_have_bound_is_what_the_notebook_has(body: str, own: Kernel) -> None:
    call = "def call(f):\n    try:\n        return f()\n    except NameError:\n        return 0\n"
    call += "class Quiet:\n    def __enter__(self): pass\n    def __exit__(self, *_): return True"
    step = f"%%step s\n{body}\nn = 1"
    for xs, last in (("[1]", 5), ("[]", 5), ("[]", 6), ("[1]", 6), ("[]", 7), ("[2]", 8)):
        own.play(call, f"xs = {xs}", f"last = {last}")
        played = own.run(step)
        told, found = played.stream(), own.ask("globals().get('found')")
        own.play(f"xs = {xs}", f"last = {last}")
        plain = own.run(step.partition("\n")[2])
        assert (told, found) == (plain.stream(), own.ask("globals().get('found')")), played.said
        own.quietly("del last")
        own.run(step)
        own.quietly("globals().pop('last', None), globals().pop('found', None)")
