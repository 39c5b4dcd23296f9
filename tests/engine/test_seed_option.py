"""``@step(seed=N)``: random states of its own for a step, however it is called."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.programs import Project
from zenbook import pipeline, step
from zenbook.engine.desk import close_desks
from zenbook.errors import MustHit, OptionError
from zenbook.world import randomness
from zenbook.world.randomness import GlobalRandomness

WORLD = GlobalRandomness()

ran = threading.Semaphore(1000)
"""Counts down at each run; zenbook knows that a semaphore carries no result."""


@pytest.fixture(autouse=True)
def own_home(home: Path) -> Iterator[None]:
    before = WORLD.save(["random", "numpy"])
    random.seed(11)
    np.random.seed(11)
    yield
    WORLD.restore(before)
    randomness.forget_seeds()


def runs() -> int:
    return 1000 - int(vars(ran)["_value"])


@pytest.fixture(autouse=True)
def counted_anew() -> None:
    vars(ran)["_value"] = 1000


def expected(seed: int) -> tuple[float, float]:
    return random.Random(seed).random(), float(np.random.RandomState(seed).rand())


def draw() -> tuple[float, float]:
    ran.acquire()
    return random.random(), float(np.random.rand())


async def draw_later() -> tuple[float, float]:
    ran.acquire()
    first = random.random()
    await asyncio.sleep(0)
    return first, float(np.random.rand())


def in_a_pipeline(target: Any) -> Any:
    @pipeline
    def drawing() -> Any:
        return target()

    outputs = drawing().steps["draw"].outputs
    return [outputs[name].load() for name in outputs]


CALLS = {
    "a function": lambda seed: step(seed=seed)(draw)(),
    "a coroutine": lambda seed: asyncio.run(step(seed=seed)(draw_later)()),
    "a pipeline": lambda seed: in_a_pipeline(step(seed=seed)(draw)),
    "with options": lambda seed: step(draw).with_options(seed=seed)(),
}


@pytest.mark.parametrize("how", CALLS)
def test_a_seed_decides_the_draws_and_the_outer_state_is_untouched(how: str) -> None:
    before = WORLD.states()
    call = CALLS[how]
    for turn in range(2):
        assert [tuple(call(3)), tuple(call(4))] == [expected(3), expected(4)]
        assert WORLD.states() == before and runs() == 2, f"turn {turn}"
    close_desks()
    random.seed(5)  # another outer state is no reason, and stays as well
    before = WORLD.states()
    assert tuple(call(3)) == expected(3)
    assert WORLD.states() == before and runs() == 2


def test_whatever_rng_says_the_outer_state_is_no_reason() -> None:
    for rng in ("auto", "key", "ignore"):
        drawing = step(seed=3, rng=rng, version=rng)(draw)
        assert drawing() == expected(3)
        random.random()
        assert drawing.with_options(must_hit=True)() == expected(3)


def test_a_library_that_the_body_imports_is_seeded_and_a_hit_does_not_import_it(
    tmp_path: Path,
) -> None:
    """Though the program sets its state later, in its own text."""
    project = Project(tmp_path)
    project.write(
        "main.py",
        """
        import sys
        from zenbook import step

        @step(seed=3)
        def draw():
            import numpy as np
            return float(np.random.rand())

        print(draw(), "numpy" in sys.modules)
        import numpy as np
        np.random.set_state(np.random.RandomState(1).get_state())
        """,
    )
    wanted = expected(3)[1]
    assert project.python("main.py").lines == [f"{wanted} True"]
    assert project.python("main.py").lines == [f"{wanted} False"]


def test_without_a_seed_it_is_another_step_again() -> None:
    drawing = step(seed=3)(draw)
    drawing()
    with pytest.raises(MustHit, match="seed"):
        drawing.with_options(seed=None, must_hit=True)()


def test_an_error_puts_the_outer_state_back_and_a_retry_is_seeded_again() -> None:
    seen: list[float] = []

    def failing() -> float:
        seen.append(random.random())
        if len(seen) < 3:
            raise RuntimeError("again")
        return seen[-1]

    before = WORLD.states()
    drawing = step(seed=3, retries=1)(failing)
    with pytest.raises(RuntimeError):
        drawing()
    assert WORLD.states() == before
    assert drawing() == seen[0] == seen[1]
    assert WORLD.states() == before


@step
def inner() -> float:
    ran.acquire()
    return random.random()


def outer() -> tuple[float, float, float]:
    first = random.random()
    return first, inner(), random.random()


def test_a_step_inside_depends_on_the_states_of_the_one_around_it() -> None:
    for seed in (3, 4, 3):
        ours = random.Random(seed)
        wanted = tuple(ours.random() for _ in range(3))
        drawing = step(seed=seed, enable_cache=False)(outer)
        assert drawing() == wanted
    assert runs() == 2, "the inner step's draws from the first seed are found again"


def test_a_seed_inside_a_step_leaves_that_steps_draws_alone() -> None:
    planted = step(seed=3)(draw)

    @step(seed=4)
    def around() -> tuple[float, Any, float]:
        return random.random(), planted(), random.random()

    ours = random.Random(4)
    first, within, last = around()
    assert (first, last) == (ours.random(), ours.random())
    assert tuple(within) == expected(3)


def test_an_outer_state_equal_to_an_inner_seed_still_counts() -> None:
    """The inner step seeds by hand in its body; that is no seeding of the step around it."""

    @step(seed=3)
    def seeds_by_hand() -> float:
        np.random.seed(1)
        return float(np.random.rand())

    @step
    def around() -> float:
        seeds_by_hand()
        return float(np.random.rand())

    for seed in (3, 5):
        np.random.seed(seed)
        assert around() == float(np.random.RandomState(seed).rand())


def test_seeds_that_overlap_in_time_are_not_kept() -> None:
    async def both() -> list[Any]:
        one, other = (step(seed=seed)(draw_later) for seed in (3, 4))
        return await asyncio.gather(one(), other())

    before = WORLD.states()
    asyncio.run(both())
    assert WORLD.states() == before
    with pytest.raises(MustHit):
        asyncio.run(step(seed=3, must_hit=True)(draw_later)())


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "3", True])
def test_a_seed_that_is_none_is_told_where_it_is_written(seed: Any) -> None:
    with pytest.raises(OptionError, match="is no whole number from 0 to 4294967295"):
        step(seed=seed)
    with pytest.raises(OptionError, match="is no whole number"):
        step(draw).with_options(seed=seed)


def test_a_seed_may_be_a_number_of_numpys() -> None:
    assert step(seed=np.int64(3))(draw)() == step(seed=3, must_hit=True)(draw)()


@pytest.mark.parametrize(("how", "shown"), [("all", "told\n"), ("display", ""), ("none", "")])
def test_replay_says_what_a_hit_shows(
    how: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    @step(replay=how)
    def telling() -> int:
        print("told")
        return 1

    telling()
    assert capsys.readouterr().out == "told\n"
    assert telling() == 1 and capsys.readouterr().out == shown


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"replay": "some"}, "none of all, display, none"),
        ({"force": "no"}, "neither True nor False"),
        ({"must_hit": 2}, "neither True nor False"),
        ({"version": 1.5}, "is no text"),
        ({"outputs": ["a"]}, "@step has no option outputs. A function gives what it returns"),
        ({"keep_only": ["a"]}, "@step has no option keep_only"),
        ({"inputs": ["a"]}, "inputs are its parameters"),
        ({"no_cache": True}, "Write enable_cache=False"),
        ({"sed": 3}, "Did you mean seed"),
    ],
)
def test_what_a_cell_could_say_and_a_function_cannot_is_told(
    option: dict[str, Any], told: str
) -> None:
    with pytest.raises(OptionError, match=told):
        step(**option)


def test_a_version_may_be_a_whole_number() -> None:
    kept = step(version=3, seed=1)(draw)()
    assert step(version="3", seed=1, must_hit=True)(draw)() == kept
