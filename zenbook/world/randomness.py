"""The global random states of ``random``, numpy and torch.

Only libraries that are imported already are looked at; nothing here imports one. (numpy loads its
``random`` part when somebody asks for it. We ask, or a first draw could not be told from none.)
Whether a program *seeded* a state decides if the state is a reason to run again. numpy tells: its
global generator keeps the system's entropy in ``seed_seq`` until ``np.random.seed`` replaces it by
None (``set_state`` leaves it, so restoring a state does not make it look seeded). ``random`` and
torch keep no such trace; their programs are read for a seeding call (:mod:`seeding`).

Rejected: wrapping ``random.seed``. A program may have seeded before zenbook was imported, and the
name may have been imported from the module already. Rejected: comparing the state with the one at
import: libraries draw from it while they are imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from types import ModuleType
from typing import Any

from zenbook.world.program_text import program
from zenbook.world.seeding import seeded_by

_seeded: set[str] = set()
"""Libraries whose state was seeded by a step, or restored as a seeded one, in this process."""


_SMALL_SEED = 2**32


class GlobalRandomness:
    """The random states of this process. Implements :class:`zenbook.world.ports.Randomness`."""

    def states(self) -> Mapping[str, str]:
        """Digest of each state now, by library (those imported)."""
        return {library: digest() for library, digest in _digests()}

    def seeded(self, library: str) -> bool:
        """Whether this process's program has seeded the library's state."""
        if library in _seeded:
            return True
        if library == "numpy" and _numpy_is_seeded():
            return True
        if library == "torch" and _torch_is_seeded():
            return True
        return library in seeded_by(program())

    def save(self, libraries: Iterable[str]) -> Mapping[str, Any]:
        """The states themselves, exactly; libraries that are not imported are left out."""
        saved = {}
        for library in libraries:
            save = _SAVE.get(library)
            state = save() if save is not None else None
            if state is not None:
                saved[library] = {"state": state, "seeded": self.seeded(library)}
        return saved

    def restore(self, states: Mapping[str, Any]) -> None:
        """Put saved states back. A state of a library that is not imported yet waits for nobody:
        the library is imported, for whoever draws next must draw from it."""
        for library, saved in states.items():
            _RESTORE[library](saved["state"])
            if saved["seeded"]:
                note_seeded(library)

    def seeding(self, seed: int) -> AbstractContextManager[Callable[[], str]]:
        """Seed every state while the block runs; see :mod:`one_seed`."""
        from zenbook.world.one_seed import one_seed  # which needs this module

        return one_seed(seed)


def loaded() -> tuple[str, ...]:
    """The libraries whose state there is now."""
    return tuple(library for library, _ in _digests())


def set_state(library: str, state: Any) -> None:
    """Put one library's state back, as :meth:`GlobalRandomness.save` gives it."""
    _RESTORE[library](state)


def state_of(library: str) -> str:
    """Digest of one library's state now; the library is imported."""
    return _DIGEST[library]()


def note_seeded(library: str) -> None:
    """A step seeds this library's state; from now on the state is a reason."""
    _seeded.add(library)


def noted_seeds() -> frozenset[str]:
    """The libraries noted to be seeded so far."""
    return frozenset(_seeded)


def forget_seeds() -> None:
    """As in a new process: nothing has been seeded by a step."""
    _seeded.clear()


# ---------------------------------------------------------------- digests


def _digests() -> Iterator[tuple[str, Any]]:
    if "random" in sys.modules:
        yield "random", _random_digest
    if _numpy(load=True) is not None:
        yield "numpy", _numpy_digest
    if _torch() is not None:
        yield "torch", _torch_digest


def _plain(function: Any) -> Any:
    """The library's own function: :mod:`watch_random` stands before it while a step runs, and
    what zenbook asks is no question of the step's."""
    return getattr(function, "__wrapped__", function)


def _hex(*pieces: Any) -> str:
    from xxhash import xxh3_128

    state = xxh3_128()
    for piece in pieces:
        state.update(piece.encode() if isinstance(piece, str) else piece)
    return state.hexdigest()


def _random_digest() -> str:
    import array
    import random

    _, words, gauss = _plain(random.getstate)()
    return _hex(array.array("I", words), repr(gauss).encode())


def _numpy_digest() -> str:
    state = _numpy_random().get_state(legacy=False)
    inner = state["state"]
    rest = repr((state["bit_generator"], state.get("has_gauss"), state.get("gauss")))
    if "key" in inner:
        return _hex(memoryview(inner["key"]), f"{inner['pos']}{rest}")
    return _hex(f"{inner}{state.get('has_uint32')}{state.get('uinteger')}{rest}")


def _torch_digest() -> str:
    torch = _torch()
    assert torch is not None
    pieces = [memoryview(_plain(torch.get_rng_state)().numpy())]
    pieces += [memoryview(state.cpu().numpy()) for state in _cuda_states(torch)]
    return _hex(*pieces)


_DIGEST = {"random": _random_digest, "numpy": _numpy_digest, "torch": _torch_digest}

# ---------------------------------------------------------------- save and restore


def _save_random() -> Any:
    import random

    return _plain(random.getstate)()


def _restore_random(state: Any) -> None:
    import random

    version, words, gauss = state
    _plain(random.setstate)((version, tuple(words), gauss))


def _save_numpy() -> Any:
    return _numpy_random().get_state(legacy=False) if _numpy() is not None else None


def _restore_numpy(state: Any) -> None:
    """Set the generator's state; another kind of generator is put in place first."""
    numpy: Any = import_module("numpy")
    kind = state["bit_generator"]
    if numpy.random.get_state(legacy=False)["bit_generator"] != kind:
        numpy.random.set_bit_generator(getattr(numpy.random, kind)())
    _numpy_random().set_state(state)


def _save_torch() -> Any:
    torch = _torch()
    if torch is None:
        return None
    cuda = [state.cpu().numpy().tobytes() for state in _cuda_states(torch)]
    return {"cpu": _plain(torch.get_rng_state)().numpy().tobytes(), "cuda": cuda}


def _restore_torch(state: Any) -> None:
    import torch

    _plain(torch.set_rng_state)(torch.frombuffer(bytearray(state["cpu"]), dtype=torch.uint8))
    if state["cuda"] and torch.cuda.is_available():
        for index, saved in enumerate(state["cuda"][: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(torch.frombuffer(bytearray(saved), dtype=torch.uint8), index)


_SAVE = {"random": _save_random, "numpy": _save_numpy, "torch": _save_torch}
_RESTORE = {"random": _restore_random, "numpy": _restore_numpy, "torch": _restore_torch}


# ---------------------------------------------------------------- the libraries


def _numpy(*, load: bool = False) -> ModuleType | None:
    """numpy's legacy generator module, if it is imported to its end."""
    module = sys.modules.get("numpy.random.mtrand")
    if module is None and load:
        numpy = sys.modules.get("numpy")
        if numpy is not None and not getattr(numpy.__spec__, "_initializing", False):
            module = import_module("numpy.random.mtrand")
    return module if hasattr(module, "_rand") else None


def _numpy_random() -> Any:
    module = _numpy()
    assert module is not None
    return module._rand


def _numpy_is_seeded() -> bool:
    module = _numpy()
    if module is None:
        return False
    generator = module._rand._bit_generator
    sequence = getattr(generator, "seed_seq", None)
    return sequence is None or type(generator).__name__ != "MT19937"


def _torch() -> Any:
    """torch, if it is imported to its end."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and hasattr(torch, "get_rng_state") else None


def _torch_is_seeded() -> bool:
    """Whether torch's state goes back to a seed that somebody chose. A new process takes one of 64
    bits from the system, and people choose small ones (a negative one counts from the top)."""
    torch = _torch()
    return torch is not None and (torch.initial_seed() + _SMALL_SEED) % 2**64 < 2 * _SMALL_SEED


def _cuda_states(torch: Any) -> list[Any]:
    """States of the graphics cards, where some are in use already."""
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not cuda.is_available() or not cuda.is_initialized():
        return []
    return list(cuda.get_rng_state_all())
