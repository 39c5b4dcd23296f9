"""``seed=N``: the random states of one block are its own, and nothing outside can tell."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.watching import see
from zenbook.world import randomness
from zenbook.world.one_seed import OVERLAP, one_seed
from zenbook.world.randomness import GlobalRandomness

WORLD = GlobalRandomness()


@pytest.fixture(autouse=True)
def states() -> Iterator[None]:
    before = WORLD.save(["random", "numpy"])
    yield
    WORLD.restore(before)
    randomness.forget_seeds()


def drawn() -> list[float]:
    return [random.random(), random.gauss(0, 1), float(np.random.rand()), float(np.random.randn())]


def as_seeded(seed: int) -> list[float]:
    ours, theirs = random.Random(seed), np.random.RandomState(seed)
    return [ours.random(), ours.gauss(0, 1), float(theirs.rand()), float(theirs.randn())]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 5))
def test_inside_it_is_as_seeded_and_outside_as_if_nothing_had_been(
    inner: int, outer: int, draws: int
) -> None:
    random.seed(outer)
    np.random.seed(outer)
    for _ in range(draws):
        drawn()
    before = WORLD.states()
    with one_seed(inner):
        assert drawn() == as_seeded(inner)
        np.random.seed(5)
        random.seed(5)
    assert WORLD.states() == before


def test_an_error_inside_puts_the_outer_states_back_too() -> None:
    before = WORLD.states()
    with pytest.raises(ZeroDivisionError), one_seed(3):
        drawn()
        raise ZeroDivisionError
    assert WORLD.states() == before
    assert not any(type(finder).__name__ == "_Sower" for finder in sys.meta_path)


def test_a_seed_within_a_seed_goes_on_where_it_was() -> None:
    with one_seed(3):
        first = random.random()
        with one_seed(4):
            assert drawn() == as_seeded(4)
        second = random.random()
    ours = random.Random(3)
    assert [first, second] == [ours.random(), ours.random()]


def test_another_kind_of_numpy_generator_is_put_back_itself() -> None:
    before = np.random.get_bit_generator()
    other = np.random.PCG64(1)
    np.random.set_bit_generator(other)
    try:
        with one_seed(3):
            assert float(np.random.rand()) == float(np.random.RandomState(3).rand())
        assert np.random.get_bit_generator() is other
        assert float(np.random.rand()) == float(np.random.RandomState(np.random.PCG64(1)).rand())
    finally:
        np.random.set_bit_generator(before)


def test_inside_the_states_count_as_seeded_and_outside_as_before() -> None:
    program = (
        "import random, numpy as np\n"
        "from zenbook.world.one_seed import one_seed\n"
        "from zenbook.world.randomness import GlobalRandomness\n"
        "def told(): return [GlobalRandomness().seeded(n) for n in ('random', 'numpy')]\n"
        "print(told())\n"
        "with one_seed(3):\n"
        "    print(told())\n"
        "    plant = vars(np.random)['seed']; plant(4)\n"
        "print(told())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    told = done.stdout.splitlines()
    assert told == ["[False, False]", "[True, True]", "[False, False]"], done.stderr


def test_a_library_is_seeded_however_it_is_imported_on_the_way(tmp_path: Path) -> None:
    """By the body, by a library, lazily; its own state is then as a new process has it."""
    (tmp_path / "theirs.py").write_text("import numpy.random\n")
    program = (
        "import sys\n"
        "from zenbook.world.one_seed import one_seed\n"
        "assert 'numpy' not in sys.modules\n"
        "with one_seed(3):\n"
        "    {}\n"
        "    import numpy\n"
        "    x = numpy.random.rand()\n"
        "assert 'exec_module' not in vars(numpy.random.mtrand.__spec__.loader)\n"
        "print(x == numpy.random.RandomState(3).rand(), numpy.random.rand() == x,\n"
        "      numpy.random.mtrand._rand._bit_generator.seed_seq is not None)"
    )
    for how in ("import numpy as np", "import theirs", "import numpy.linalg"):
        done = subprocess.run(
            [sys.executable, "-c", program.format(how)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.stdout.split() == ["True", "False", "True"], (how, done.stderr)


def test_blocks_that_overlap_say_so_and_leave_the_outer_state() -> None:
    async def block(seed: int, entered: asyncio.Event, leave: asyncio.Event) -> str:
        with one_seed(seed) as unsure:
            entered.set()
            await leave.wait()
            random.random()
        return unsure()

    async def crossed() -> list[str]:
        first, second, go, end = (asyncio.Event() for _ in range(4))
        one = asyncio.ensure_future(block(1, first, go))
        await first.wait()
        two = asyncio.ensure_future(block(2, second, end))
        await second.wait()
        go.set()
        told = [await one]
        end.set()
        return [*told, await two]

    random.seed(9)
    before = WORLD.states()
    assert asyncio.run(crossed()) == [OVERLAP, OVERLAP]
    assert WORLD.states() == before
    with one_seed(1) as unsure, one_seed(2) as inner:
        pass
    assert [unsure(), inner()] == ["", ""]


def test_a_seed_inside_is_no_claim_of_the_step_around_it(tmp_path: Path) -> None:
    """Even where the outer state is the very one that the inner step starts with."""

    def body() -> None:
        with one_seed(3):
            random.seed(1)
            np.random.seed(1)
        drawn()

    random.seed(3)
    np.random.seed(3)
    assert see(body).sown == {}
