"""Where code comes from: the user's own (local), or installed, and then in which version.

Local is whatever is neither in the standard library nor in site-packages nor zenbook itself:
such code is compared by content. Everything else is compared by name and version. A module's
file decides before its name does, so a project's own ``statistics.py`` is local.
"""

from __future__ import annotations

import functools
import sys
import sysconfig
from types import ModuleType
from typing import Any

from zenbook.core.kinds import adds_only_attributes, is_a, told_by
from zenbook.model import Part

_STANDARD = frozenset(sys.stdlib_module_names)
SHELLS = frozenset({"IPython", "ipykernel", "typing", "zenbook"})
"""Libraries whose objects are what a notebook is written in, and carry no result."""
_INSTALLED = ("/site-packages/", "/dist-packages/", "\\site-packages\\")
DISTRIBUTIONS = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
"""What gives a top-level package that is not called so."""
POSITION = frozenset(
    {
        "__annotations__",
        "__builtins__",
        "__cached__",
        "__doc__",
        "__file__",
        "__loader__",
        "__name__",
        "__package__",
        "__spec__",
    }
)
"""Globals that say where code is, not what it does."""


def is_local_module(name: str | None) -> bool:
    """Whether the module of this name holds the user's own code."""
    if not name or name == "__main__":
        return True
    if _top(name) == "zenbook":
        return False
    file = _file_of(sys.modules.get(name))
    if file is not None:
        return is_local_file(file)
    return _top(name) not in _STANDARD and _is_local_package(name)


@functools.lru_cache(maxsize=4096)
def is_local_file(file: str) -> bool:
    """Whether a source file is the user's own."""
    if any(place in file for place in _INSTALLED):
        return False
    return not file.startswith(("<frozen", *_library_folders()))


def _is_local_package(name: str) -> bool:
    """A module without a file: made at run time, or a namespace package, which has folders. One
    that is not loaded, as ``numpy.rec`` is where ``numpy.recarray`` says it is from, is its
    package's."""
    module = sys.modules.get(name)
    if module is None and "." in name:
        return is_local_module(name.rpartition(".")[0])
    try:
        folders = list(getattr(module, "__path__", ()))
    except TypeError:
        return True
    return all(is_local_file(f"{folder}/") for folder in folders)


def library_of(kind: type) -> str:
    """The top-level package of a class; "" for one that says it is of no module."""
    module = kind.__module__
    return module.partition(".")[0] if isinstance(module, str) else ""


def is_local_code(obj: Any) -> bool:
    """Whether a function, class or module is the user's own."""
    if is_a(obj, ModuleType):
        return is_local_module(obj.__name__)
    module = getattr(obj, "__module__", None)
    return is_local_module(module) or (isinstance(obj, type) and is_made_by_a_call(obj, module))


def is_private(name: str, value: Any) -> bool:
    """Whether a name stands for the private module of a library that is called so."""
    if not name.startswith("_") or not isinstance(value, ModuleType) or is_local_code(value):
        return False
    return value.__name__.endswith(f".{name}")


def is_made_by_a_call(cls: type, module: Any) -> bool:
    """Whether a library has made a class for whoever called it: by its name nothing, or another
    one, is found in the module that it says it is from, as for the rows of ``itertuples()`` and
    for ``make_dataclass()``."""
    if not isinstance(module, str) or module not in sys.modules or _top(module) == "zenbook":
        return False
    is_statement = cls.__flags__ & (1 << 9) and adds_only_attributes(cls)  # as Python makes them
    return bool(is_statement and named(module, cls.__qualname__) is not cls)


def package_of(name: str | None) -> str:
    """The top-level package of an installed module, "" for the standard library and local code."""
    if not name or is_local_module(name):
        return ""
    return package_named(name)


def package_named(name: str) -> str:
    """The top-level package of a module that is not local, loaded or not."""
    top = _top(name)
    return "" if top in _STANDARD or top == "zenbook" else top


def named(module: Any, qualname: str) -> Any:
    """What this name means in a loaded module; None if nothing."""
    found: Any = sys.modules.get(module) if isinstance(module, str) else None
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


def identity_of(obj: Any) -> str:
    """What an installed thing is called: ``numpy.random``, ``math.sqrt``, ``list.append``.

    One that a library has made of the user's code is called as that is, whatever module that
    stands in: the program's own is another one when it is imported.
    """
    if is_a(obj, ModuleType):
        return obj.__name__
    name = told_by(obj, "__qualname__") or told_by(obj, "__name__") or type(obj).__qualname__
    module = told_by(obj, "__module__") or ""
    owner = getattr(obj, "__self__", None)
    if not module and is_a(owner, ModuleType):
        module = owner.__name__
    return f"{'' if is_local_module(module) else module}.{name}"


def environment_parts(packages: set[str] | frozenset[str]) -> tuple[Part, ...]:
    """Python's minor version, always, and the version of every package in use."""
    named = sorted(name for name in packages if package_named(name))
    return (_python_part(), *map(_package_part, named))


@functools.lru_cache(maxsize=1)
def _python_part() -> Part:
    version = "{}.{}".format(*sys.version_info)
    # Under -O there are no assertions, so the same code may give another result.
    return Part("environment", "python", version + " -O" * sys.flags.optimize, version)


@functools.lru_cache(maxsize=1024)
def _package_part(name: str) -> Part:
    version = version_of(name)
    return Part("environment", name, version, version)


@functools.lru_cache(maxsize=1024)
def version_of(package: str) -> str:
    """The version of the distribution that gives this top-level package, "" if nobody knows.

    Most packages are named as their distribution; for others every list of installed files is
    looked through.
    """
    from importlib import metadata  # costs 10 ms: not for code that uses no libraries

    for distribution in (DISTRIBUTIONS.get(package), package):
        try:
            if distribution:
                return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    found = {
        f"{one.name} {one.version}" for one in metadata.distributions() if _gives(one, package)
    }
    return " ".join(sorted(found)) or str(getattr(sys.modules.get(package), "__version__", ""))


def _gives(distribution: Any, package: str) -> bool:
    """Whether a distribution says that it brings a package, or has files of it.

    The texts are searched as they are: ``metadata.packages_distributions`` makes an object of
    every file's name, and takes ten times as long.
    """
    declared = distribution.read_text("top_level.txt")
    if declared is not None:
        return package in declared.split()
    files = "\n" + (distribution.read_text("RECORD") or "")
    return any(f"\n{package}{rest}" in files for rest in "/.")


@functools.lru_cache(maxsize=1)
def _library_folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple({f"{paths[key]}/" for key in ("stdlib", "platstdlib")})


def _file_of(module: ModuleType | None) -> str | None:
    if module is None:
        return None
    spec = getattr(module, "__spec__", None)
    origin = getattr(module, "__file__", None) or getattr(spec, "origin", None)
    if not isinstance(origin, str) or origin in ("built-in", "frozen", "namespace"):
        return None
    return origin


def _top(name: str) -> str:
    return name.partition(".")[0]
