"""Global random states: told apart, put back exactly, and known to be seeded or not."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.watching import see
from zenbook.testing.watch import FakeRandomness
from zenbook.world import randomness
from zenbook.world.ports import Randomness
from zenbook.world.randomness import GlobalRandomness
from zenbook.world.seeding import seeded_by

DRAWS: dict[str, tuple[str, Callable[[], Any]]] = {
    "random": ("random", random.random),
    "gauss": ("random", lambda: random.gauss(0, 1)),
    "rand": ("numpy", np.random.rand),
    "randn": ("numpy", np.random.randn),
    "shuffle": ("numpy", lambda: np.random.permutation(50).tolist()),
}


@pytest.fixture(autouse=True)
def states() -> Iterator[None]:
    before = (random.getstate(), np.random.get_state())
    yield
    random.setstate(before[0])
    np.random.set_state(before[1])
    randomness.forget_seeds()


@pytest.mark.parametrize(("library", "draw"), DRAWS.values(), ids=DRAWS)
def test_a_draw_changes_its_state_only_and_restoring_repeats_it(
    library: str, draw: Callable[[], Any]
) -> None:
    world = GlobalRandomness()
    before, saved = world.states(), world.save(["random", "numpy", "torch"])
    drawn = [draw(), draw(), draw()]
    after = world.states()
    assert [name for name in before if before[name] != after[name]] == [library]
    world.restore(saved)
    assert world.states() == before
    assert [draw(), draw(), draw()] == drawn


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(0, 700))
def test_equal_seeds_and_draws_have_equal_digests(seed: int, draws: int) -> None:
    world = GlobalRandomness()

    def state() -> Any:
        random.seed(seed)
        np.random.seed(seed)
        for _ in range(draws):
            random.random()
            np.random.rand()
        return world.states()

    first = state()
    assert state() == first
    random.random()
    assert world.states()["random"] != first["random"]


def test_a_generator_of_ones_own_is_no_global_state() -> None:
    world = GlobalRandomness()
    before = world.states()
    np.random.default_rng(1).normal()
    random.Random(1).random()
    assert world.states() == before


def test_another_kind_of_numpy_generator_is_put_back() -> None:
    script = (
        "import numpy as np, warnings\n"
        "from zenbook.world.randomness import GlobalRandomness\n"
        "world = GlobalRandomness()\n"
        "np.random.set_bit_generator(np.random.PCG64(3))\n"
        "saved = world.save(['numpy']); drawn = np.random.rand()\n"
        "np.random.set_bit_generator(np.random.MT19937(1))\n"
        "world.restore(saved); print(np.random.rand() == drawn)"
    )
    assert _python(script) == "True"


def test_no_library_is_imported() -> None:
    script = (
        "import sys\n"
        "from zenbook.world.randomness import GlobalRandomness\n"
        "world = GlobalRandomness(); world.states(); world.save(['random', 'numpy', 'torch'])\n"
        "print('numpy' in sys.modules, 'torch' in sys.modules, world.seeded('numpy'))"
    )
    assert _python(script) == "False False False"


def test_numpy_tells_whether_it_was_seeded() -> None:
    script = (
        "import numpy as np\n"
        "from zenbook.world.randomness import GlobalRandomness\n"
        "world = GlobalRandomness()\n"
        "np.random.rand(); a = world.seeded('numpy')\n"
        "world.restore(world.save(['numpy'])); b = world.seeded('numpy')\n"
        "np.random.seed(1); print(a, b, world.seeded('numpy'))"
    )
    assert _python(script) == "False False True"


def test_restoring_a_seeded_state_leaves_it_seeded() -> None:
    world = GlobalRandomness()
    np.random.seed(1)
    saved = world.save(["numpy"])
    assert saved["numpy"]["seeded"]
    randomness.forget_seeds()
    world.restore(saved)
    assert "numpy" in randomness._seeded


def test_a_step_that_seeds_is_noticed() -> None:
    see(lambda: random.random())
    assert "random" not in randomness._seeded
    see(lambda: random.seed())
    assert "random" not in randomness._seeded
    see(lambda: random.seed(3))
    assert GlobalRandomness().seeded("random")


def _seed_first() -> None:
    random.seed(3)
    random.random()


def _draw_first() -> None:
    random.random()
    random.seed(3)


def _look_first() -> None:
    random.getstate()
    random.seed(3)


def _put_back() -> None:
    state = random.getstate()
    random.seed(3)
    random.setstate(state)


@pytest.mark.parametrize(
    ("does", "needs_no_state"),
    [(_seed_first, True), (_draw_first, False), (_look_first, False), (_put_back, False)],
)
def test_only_a_step_that_seeds_first_needs_no_state_from_before(
    does: Callable[[], None], needs_no_state: bool
) -> None:
    before = GlobalRandomness().states()["random"]
    assert (see(does).sown["random"] == before) is needs_no_state


def test_a_step_that_seeds_numpy_is_seen_and_numpy_is_left_as_it_was() -> None:
    ours = (np.random.seed, np.random.get_state, np.random.set_state)
    before = GlobalRandomness().states()["numpy"]
    assert see(lambda: np.random.seed(3)).sown == {"numpy": before}
    assert see(lambda: np.random.seed()).sown == {}
    assert see(lambda: GlobalRandomness().states()).sown == {}
    assert (np.random.seed, np.random.get_state, np.random.set_state) == ours


PROGRAMS = {
    "import random\nrandom.seed(1)\n": {"random"},
    "import random\nrandom.seed()\n": set(),
    "import random\n# random.seed(1)\n'random.seed(1)'\n": set(),
    "from random import seed as s\ns(1)\n": {"random"},
    "import numpy as np\nnp.random.seed(1)\n": set(),
    "import numpy as np\nnp.random.set_state(x)\n": {"numpy"},
    "torch.manual_seed(0)\n": {"torch"},
    "from transformers import set_seed\nset_seed(1)\n": {"random", "torch"},
    "import polars as pl\npl.set_random_seed(0)\n": {"polars", "random", "torch"},
    "def fix():\n    random.seed(1)\nfix()\n": {"random"},
    "def fix():\n    random.seed(1)\n": set(),
    "class T:\n    def fit(self):\n        random.seed(1)\nT().fit()\n": {"random"},
    "@step\ndef f(x):\n    random.seed(1)\nf(3)\n": set(),
    "@zb.step(ttl=1)\ndef f(x):\n    random.seed(1)\nf(3)\n": set(),
    "def main():\n    random.seed(1)\nif __name__ == '__main__':\n    main()\n": {"random"},
    "%matplotlib inline\nx = !ls\nrandom.seed(1)\n": {"random"},
    "%%step train\nrandom.seed(1)\n": set(),
    "no python at all: random.seed(1)": set(),
}


@pytest.mark.parametrize(("text", "libraries"), PROGRAMS.items())
def test_a_seeding_call_counts_where_it_runs_outside_steps(text: str, libraries: set[str]) -> None:
    assert seeded_by([text]) == libraries


def test_a_seeding_function_may_be_in_another_module() -> None:
    assert seeded_by(["from lib import prepare\nprepare()\n", "def prepare():\n  random.seed(1)"])


def test_a_script_that_seeds_is_known_to(tmp_path: Path) -> None:
    tail = (
        "from zenbook.world.randomness import GlobalRandomness\n"
        "print(GlobalRandomness().seeded('random'))\n"
    )
    seeds, draws = tmp_path / "seeds.py", tmp_path / "draws.py"
    seeds.write_text(f"import random\nrandom.seed(1)\n{tail}")
    draws.write_text(f"import random\nrandom.random()\n{tail}")
    assert (_run(str(seeds)), _run(str(draws))) == ("True", "False")


def test_the_fake_saves_and_restores_as_the_real_one() -> None:
    world: Randomness = FakeRandomness({"random": 1})
    saved, before = world.save(["random", "torch"]), world.states()
    assert isinstance(world, FakeRandomness)
    world.draw("random")
    assert world.states() != before
    world.restore(saved)
    assert world.states() == before


def _python(script: str) -> str:
    return _run("-W", "ignore", "-c", script)


def _run(*arguments: str) -> str:
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()
