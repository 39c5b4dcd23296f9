"""The environment variables that the program sets, and those of them that libraries found when they
were imported.

A variable is the program's where its own code sets it, a cell's or a module's, or has a library do
so (``load_dotenv()``, ``%env``): that is heard of as an audit event, whoever's text names it. What
a library sets while it is imported, and the kernel before any cell, is their own affair.

What a library asks for as it is imported it asks once per process: ``TQDM_DISABLE`` says then which
bars there are. So what it finds of the program's counts for every step that uses the library, or
one that imports it. Libraries that are no Python ask unheard: variables for such are told by how
their names begin. Of those that were imported before anybody listened it is not known what they
asked for: all that the program had set by then. Light, because a kernel loads it with the
extension.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from zenbook.world import audit
from zenbook.world.environment import (
    began,
    is_as_it_began,
    is_of_tools,
    is_volatile,
    variables_now,
)

if TYPE_CHECKING:
    from zenbook.model import Part, Read

_IMPORT_SYSTEM = "<frozen importlib"
"""How the names of its files begin."""
_OF_KERNELS = frozenset({"CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "GIT_PAGER", "PAGER"})
_OF_NATIVE_CODE = (
    *("ARROW_", "AWS_", "BLIS_", "CUBLAS_", "CUDA_", "CUDNN_", "DUCKDB_", "GDAL_", "GOMP_"),
    *("GOTO_", "GRPC_", "HDF5_", "KMP_", "LD_", "MALLOC_", "MKL_", "NCCL_", "NPY_", "NVIDIA_"),
    *("OMP_", "OPENBLAS_", "POLARS_", "PROJ_", "PYTORCH_", "RAYON_", "ROCR_", "TF_", "TORCH_"),
    *("VECLIB_", "XLA_"),
)
"""How the names of variables begin that libraries ask for in native code."""
_OF_ONE = {"DUCKDB_": "duckdb", "POLARS_": "polars"}
"""Those of them for which one library only asks, with parts that are named like it."""
_LOOKS_FOR = {"tqdm": "TQDM_"}
"""How the variables begin that a library looks for which goes through all of them."""
_OTHERS = "what was imported before zenbook"
_set_by: dict[str, str] = {}
"""Variables that the program has set since somebody listens, each with the library by which."""
_before: dict[str, str | None] = {}
"""What the program had set before anybody listened: all that was not as it began then, but for what
kernels set, and libraries for their native code (``KMP_INIT_AT_FORK``)."""
_libraries: frozenset[str] = frozenset()
"""The libraries that were imported by then."""
_found: dict[str, dict[str, Read]] = {}
"""What each library found as it was imported of what the program had set."""


def install() -> None:
    """Start to listen."""
    global _libraries
    if began.cache_info().currsize:
        return
    now, then = variables_now(), began()
    names = {name for name in now.keys() | then.keys() if now.get(name) != then.get(name)}
    own = {name for name in names - _OF_KERNELS if not name.startswith(_OF_NATIVE_CODE)}
    _before.update((name, now.get(name)) for name in own if not is_volatile(name))
    tops = {name.partition(".")[0] for name in list(sys.modules)} if _before else set[str]()
    _libraries = frozenset(tops - sys.stdlib_module_names)
    audit.listen(("os.putenv", "os.unsetenv"), _heard)


def is_of_program(name: str) -> bool:
    """Whether the program has set a variable, or unset it."""
    return name in _set_by or name in _before


def is_own(name: str, frame: FrameType) -> bool:
    """Whether the library whose code this is has set the variable by itself."""
    return bool(by := _set_by.get(name)) and by == _top_of(frame)


def begins(module: str) -> bool:
    """A module of a library is about to be executed; whether it may find a variable of the
    program's."""
    library = module.partition(".")[0]
    for name in (*_set_by, *_before):
        if name.startswith(_OF_NATIVE_CODE):
            only = (one for begin, one in _OF_ONE.items() if name.startswith(begin))
            if next(only, library) in library:
                _note(library, name)
    return bool(_set_by or _before)


def note(name: str, frame: FrameType | None) -> None:
    """This variable is asked for; it is found by the libraries that are being imported here."""
    if is_of_program(name):
        for library in dict.fromkeys(_importing(frame)):
            if name.startswith(_LOOKS_FOR.get(library, "")):
                _note(library, name)


def found_at_import(used: Iterable[str]) -> tuple[Part, ...]:
    """Parts for what these libraries, and those that they import, found as they were imported."""
    if not (_found or _before):
        return ()
    return _found_by(frozenset(used), len(sys.modules))


@functools.lru_cache(maxsize=256)
def _found_by(used: frozenset[str], _loaded: int) -> tuple[Part, ...]:
    from zenbook.model import Part
    from zenbook.world.variables import read_of

    found = {library: reads for library, reads in _found.items() if _concerns([library], used)}
    if _before and _concerns(_libraries, used):
        found[_OTHERS] = {name: read_of(name, value) for name, value in _before.items()}
    return tuple(
        Part("setting", f"{read.name} as {library} found it", read.digest, read.shown)
        for library in sorted(found)
        for _, read in sorted(found[library].items())
    )


def _note(library: str, name: str) -> None:
    from zenbook.world.variables import variable_read

    _found_by.cache_clear()
    if is_as_it_began(name):
        _found.get(library, {}).pop(name, None)
    else:
        _found.setdefault(library, {})[name] = variable_read(name)


def _concerns(libraries: Iterable[str], used: Iterable[str]) -> bool:
    """Whether code that uses the ones may use any of the others."""
    from zenbook.world.libraries_set import concerns

    return any(concerns(library, used) for library in libraries)


# ---------------------------------------------------------------- who sets, who asks


def _heard(event: str, args: tuple[Any, ...], frame: FrameType | None) -> None:
    try:
        name, setter = os.fsdecode(args[0]), _setter(frame)
        if setter is not None and not is_of_tools(name):
            _set_by[name] = setter
    except Exception:  # never the user's problem
        return


def _setter(frame: FrameType | None) -> str | None:
    """The library by which the program sets a variable here, "" for its own code or the shell's;
    None where it is not the program that does."""
    from zenbook.world.watch_places import owner_of

    library = ""
    while frame is not None:
        owner = owner_of(frame.f_code.co_filename)
        if owner in ("import", "zenbook"):
            return None
        if owner == "user":
            return "" if library == "IPython" else library
        if owner == "library":
            library = library or _top_of(frame)
        frame = frame.f_back
    return None


def _importing(frame: FrameType | None) -> Iterator[str]:
    """The libraries whose modules are being executed here."""
    from zenbook.world.watch_places import owner_of

    while frame is not None:
        below = frame.f_back
        if frame.f_code.co_name == "<module>" and below is not None:
            is_import = below.f_code.co_filename.startswith(_IMPORT_SYSTEM)
            if is_import and owner_of(frame.f_code.co_filename) != "user":
                yield _top_of(frame)
        frame = below


def _top_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]
