"""``seed=N``: seed the global random states for one step, put the outer states back after.

Constraints, each with a wrong value behind it:

- A library may be imported while the step runs, by its body, a helper, or another library. Seeding
  only what is loaded before would let the first run in a new process draw unseeded numbers, and
  keep them. So a finder stands first in ``sys.meta_path`` and seeds a library right after its
  import. (Importing what the body names was tried: it misses what others import.)
- Nothing outside may be able to tell that there was a seed: not the state, and not whether the
  state *looks* seeded (:mod:`randomness`). numpy's generator is therefore exchanged, not set: the
  outer one is never touched. What steps around this one were noted to have seeded or asked
  (:mod:`watch_random`) is put back, too.
- Inside, the states do count as seeded: a step called by the body depends on what it finds.
- Two steps whose seeds overlap in time (coroutines, threads) draw from one state in an order that
  nothing repeats. The block says so afterwards, and the result is not kept. The one that began
  last puts all states back, whichever of them ends last.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from zenbook.world import randomness
from zenbook.world.watch_scope import current

_LIBRARY_OF = {"random": "random", "numpy.random.mtrand": "numpy", "torch": "torch"}
"""The module whose import makes a library's random state, and the library."""
OVERLAP = "seed was shared with another step that ran at the same time"

_open: list[_Block] = []
_around: ContextVar[tuple[_Block, ...]] = ContextVar("zenbook_seeds", default=())


class _Block:
    """One seeded stretch; ``overlaps`` once another is open with it that is no part of it."""

    def __init__(self) -> None:
        self.overlaps = False
        self.undo = ExitStack()

    def end(self) -> None:
        """Put everything back; while a later block draws, that one does it when it ends."""
        place = _open.index(self)
        later = _open[place + 1 :]
        del _open[place]
        if later:
            later[0].undo = _one_after_the_other(later[0].undo, self.undo)
        else:
            self.undo.close()


def _one_after_the_other(first: ExitStack, last: ExitStack) -> ExitStack:
    both = ExitStack()
    both.callback(last.close)
    both.callback(first.close)
    return both


@contextmanager
def one_seed(seed: int) -> Iterator[Callable[[], str]]:
    """Seed every library's state while the block runs, then put the states before back.

    Call what it gives after the block: why its draws are not repeatable, "" if they are.
    """
    block = _Block()
    around = _around.get()
    for other in _open:
        if other not in around:
            other.overlaps = block.overlaps = True
    _open.append(block)
    _around.set((*around, block))

    def sow(library: str) -> None:
        randomness.note_seeded(library)
        block.undo.callback(_SOW[library](seed))

    try:
        block.undo.enter_context(_notes_put_back())
        block.undo.enter_context(_sowing_imports(sow))
        for library in randomness.loaded():
            sow(library)
        yield lambda: OVERLAP if block.overlaps else ""
    finally:
        _around.set(tuple(each for each in _around.get() if each is not block))
        block.end()


@contextmanager
def _notes_put_back() -> Iterator[None]:
    """Let what is seeded inside be no news for the steps around, or for the program."""
    sown = [(notes, dict(notes.sown)) for notes in current()]
    seeded = randomness.noted_seeds()
    try:
        yield
    finally:
        for notes, before in sown:
            notes.sown = before
        randomness.forget_seeds()
        for library in seeded:
            randomness.note_seeded(library)


# ---------------------------------------------------------------- one library


def _sow_random(seed: int) -> Callable[[], None]:
    import random

    outer = randomness.GlobalRandomness().save(["random"])["random"]["state"]
    randomness.set_state("random", random.Random(seed).getstate())
    return partial(randomness.set_state, "random", outer)


def _sow_numpy(seed: int) -> Callable[[], None]:
    """As ``numpy.random.seed`` does, with a generator that stands in for the outer one."""
    module: Any = sys.modules["numpy.random.mtrand"]
    state = module._rand.get_state(legacy=False)
    fresh = module.RandomState(seed)
    if not hasattr(module, "set_bit_generator"):  # numpy before 1.24
        module._rand.set_state(fresh.get_state(legacy=False))
        return partial(module._rand.set_state, state)
    outer = module.get_bit_generator()
    module.set_bit_generator(fresh._bit_generator)

    def back() -> None:
        module.set_bit_generator(outer)
        module._rand.set_state(state)  # with half of a pair of normal numbers, which is not in it

    return back


def _sow_torch(seed: int) -> Callable[[], None]:
    torch: Any = sys.modules["torch"]
    outer = randomness.GlobalRandomness().save(["torch"])["torch"]["state"]
    plant = getattr(torch.manual_seed, "__wrapped__", torch.manual_seed)
    plant(seed)
    return partial(randomness.set_state, "torch", outer)


_SOW = {"random": _sow_random, "numpy": _sow_numpy, "torch": _sow_torch}


# ---------------------------------------------------------------- imports on the way


@contextmanager
def _sowing_imports(sow: Callable[[str], None]) -> Iterator[None]:
    finder = _Sower(sow)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Sower:
    """Finds nothing itself; lets the module that others find be seeded when it has been run."""

    def __init__(self, sow: Callable[[str], None]) -> None:
        self._sow = sow

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the next finder that knows the module says of it."""
        if name not in _LIBRARY_OF:
            return None
        for finder in [each for each in sys.meta_path if each is not self]:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                self._hook(spec.loader, _LIBRARY_OF[name])
                return spec
        return None

    def _hook(self, loader: Any, library: str) -> None:
        plain = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # a loader is compared by what it holds
            plain(module)
            self._sow(library)

        loader.exec_module = exec_module
