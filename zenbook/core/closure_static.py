"""A local module as its source says, without running it.

For ``import mylib`` inside a body: the module may not be loaded yet, loading it may have
effects, and the key must be the same before and after. So it is found as the import system
would find it, and counts whole: the normal form of its text with that of every local module
it imports, transitively.

A module that *is* loaded may no longer be what its file says (edited since, patched at run
time). :meth:`StaticModules.differences` names what differs, and that is then looked at live.
"""

from __future__ import annotations

import ast
import importlib.machinery
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import CodeType, FunctionType, ModuleType
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_origin import is_local_file, is_local_module, package_named
from zenbook.core.code_digest import code_digest
from zenbook.core.code_facts import codes_within
from zenbook.core.compiling import compiled
from zenbook.core.kinds import is_a
from zenbook.core.module_body import Bodies, FunctionNode, ModuleBody, body_of, literal_text
from zenbook.core.source_normal import normalised

_MOST_BESIDE = 1000
ReadFile = Callable[[str], str | None]


def read_text(path: str) -> str | None:
    """The text of a source file; None if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class ModuleText:
    """What a module's text says: its digest, what it imports, its functions and its constants."""

    digest: str
    imports: tuple[tuple[str, int, str], ...]
    codes: frozenset[str]
    functions: frozenset[str]
    constants: tuple[tuple[str, str], ...]
    strings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaticModule:
    """A local module with all it imports."""

    digest: str
    packages: frozenset[str]
    strings: tuple[str, ...]
    modules: tuple[str, ...]
    tops: frozenset[str]
    """Top-level modules it imports that are not local, the standard library's too."""


class StaticModules:
    """Finds and reads local modules; remembers what their texts say."""

    def __init__(self, read_file: ReadFile) -> None:
        self._read_file = read_file
        self._texts: dict[str, ModuleText] = {}
        self._bodies: dict[str, ModuleBody | None] = {}

    def find(self, name: str) -> str | None:
        """A local module's source file, loaded or not; "" if it has none; None if not local."""
        if name in sys.modules:
            if not is_local_module(name):
                return None
            file = getattr(sys.modules[name], "__file__", None)
            return file if isinstance(file, str) and file.endswith(".py") else ""
        spec = _spec_of(name)
        if spec is None or not spec.origin or spec.origin in ("built-in", "frozen"):
            return "" if spec is not None and spec.submodule_search_locations else None
        if not is_local_file(spec.origin):
            return None
        return spec.origin if spec.origin.endswith(".py") else ""

    def module(self, name: str) -> StaticModule:
        """A local module's digest, with all the local modules it imports."""
        told: list[tuple[str, str]] = []
        packages: set[str] = set()
        tops: set[str] = set()
        strings: dict[str, None] = {}
        seen: list[str] = []
        parts = name.split(".")
        waiting = [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
        while waiting:
            module = waiting.pop()
            path = None if module in seen else self.find(module)
            if path is None:
                if module not in seen:
                    packages.add(package_named(module))
                    tops.add(module.partition(".")[0])
                continue
            seen.append(module)
            text = self._text(path)
            told.append((f"{len(seen)}", text.digest))
            strings.update(dict.fromkeys(text.strings))
            waiting += sorted(set(self._imported(module, path, text)), reverse=True)
        digest = xxh3_128_hexdigest(repr(told).encode())
        installed = frozenset(packages - {""})
        return StaticModule(digest, installed, tuple(strings), tuple(seen), frozenset(tops))

    def beside(self, file: str) -> tuple[str, ...]:
        """The modules in a source file's folder (the working folder if there is no such file).

        What a computed import may reach. The file itself is not among them.
        """
        folder = os.path.dirname(os.path.abspath(file if os.path.isfile(file) else "here"))
        found = []
        for place, folders, files in os.walk(folder):
            packages = {name for name in folders if name.isidentifier()}
            folders[:] = sorted(packages - {"__pycache__"})
            prefix = os.path.relpath(place, folder).replace(os.sep, ".")
            for name in sorted(files):
                stem, ending = os.path.splitext(name)
                if ending == ".py" and os.path.join(place, name) != os.path.abspath(file):
                    module = stem if prefix == "." else f"{prefix}.{stem}"
                    found.append(module.removesuffix(".__init__"))
            if len(found) > _MOST_BESIDE:
                break
        return tuple(found)

    def differences(self, name: str) -> tuple[str, ...]:
        """Names in a loaded module whose value is not what its text says; () if not loaded."""
        module = sys.modules.get(name)
        return () if module is None else tuple(self._differing(module))

    def bodies(self, found: Mapping[str, str]) -> Bodies:
        """What these texts of local modules do, each with what the module's text does now."""
        now = {module: self._read_file(self.find(module) or "") or "" for module in found}
        return {m: (self._body(text), self._body(now[m])) for m, text in found.items()}

    def _body(self, source: str) -> ModuleBody | None:
        if source not in self._bodies:
            if len(self._bodies) > 512:
                self._bodies.clear()
            self._bodies[source] = body_of(source)
        return self._bodies[source]

    def _differing(self, module: ModuleType) -> Iterator[str]:
        path = self.find(module.__name__)
        text = self._text(path) if path else _NO_TEXT
        constants = dict(text.constants)
        for name, value in sorted(vars(module).items()):
            if name.startswith("__"):
                continue
            if name in constants:
                differs = literal_text(value) != constants[name]
            elif name in text.functions and not is_a(value, FunctionType):
                differs = True
            else:
                codes = (code_digest(code) for code in _own_codes(value, module))
                differs = not text.codes.issuperset(codes)
            if differs:
                yield name

    def _text(self, path: str) -> ModuleText:
        source = self._read_file(path) if path else ""
        if source is None:
            return _NO_TEXT
        known = self._texts.get(source)
        if known is None:
            if len(self._texts) > 512:
                self._texts.clear()
            known = self._texts[source] = _text_of(source)
        return known

    def _imported(self, module: str, path: str, text: ModuleText) -> Iterator[str]:
        is_package = path.endswith("__init__.py")
        for target, level, attribute in text.imports:
            base = resolve(target, level, module if is_package else module.rpartition(".")[0])
            parts = base.split(".")
            for count in range(1, len(parts) + 1):
                yield ".".join(parts[:count])
            if attribute and self.find(base) is not None:
                below = f"{base}.{attribute}"
                if below in sys.modules or _spec_of(below) is not None:
                    yield below


_NO_TEXT = ModuleText("no text", (), frozenset(), frozenset(), (), ())


def resolve(target: str, level: int, package: str) -> str:
    """The absolute name of a relative import."""
    if not level:
        return target
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{target}" if base and target else base or target


def _text_of(source: str) -> ModuleText:
    try:
        tree = compiled(source, "<module>", ast.PyCF_ONLY_AST)
        code = compiled(source, "<module>")
    except (SyntaxError, ValueError):
        return replace(_NO_TEXT, digest=xxh3_128_hexdigest(source.encode("utf-8", "replace")))
    form = "\n".join(ast.dump(node) for node in normalised(tree.body))
    nodes = list(ast.walk(tree))
    return ModuleText(
        xxh3_128_hexdigest(form.encode("utf-8", "surrogatepass")),
        tuple(sorted(set(_imports_in(nodes)))),
        frozenset(code_digest(each) for each in codes_within(code) if each is not code),
        frozenset(
            n.name for n in tree.body if isinstance(n, FunctionNode) and not n.decorator_list
        ),
        tuple(_constants_in(tree.body)),
        tuple(dict.fromkeys(_strings_in(nodes))),
    )


def _imports_in(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, int, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = (alias.name for alias in node.names)
            yield from ((node.module or "", node.level, "" if n == "*" else n) for n in names)


def _constants_in(statements: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Names that the text binds once, to a literal, with that literal's text."""
    stores = [n.id for s in statements for n in ast.walk(s) if _is_store(n)]  # type: ignore[attr-defined]
    for node in statements:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if len(targets) != 1 or not isinstance(targets[0], ast.Name) or value is None:
            continue
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and stores.count(targets[0].id) == 1:
            try:
                literal = ast.literal_eval(value)
            except (ValueError, TypeError, SyntaxError, MemoryError):
                continue
            yield targets[0].id, literal_text(literal)


def _own_codes(value: Any, module: ModuleType) -> Iterator[CodeType]:
    """The code that a module's function or class should have from the module's text."""
    if is_a(value, FunctionType):
        decorated = hasattr(value, "__wrapped__") or value.__closure__
        imported = value.__module__ != module.__name__ and value.__module__ in sys.modules
        if not decorated and (not imported or value.__module__ == "__main__"):
            yield value.__code__
    elif is_a(value, type) and value.__module__ == module.__name__:
        for member in list(vars(value).values()):
            if is_a(member, FunctionType) and not member.__code__.co_filename.startswith("<"):
                yield from _own_codes(member, module)


def _is_store(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _strings_in(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _spec_of(name: str) -> Any:
    """Find a module as the import system would, running nothing."""
    path: Any = None
    spec = None
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        loaded = sys.modules.get(".".join(parts[:count]))
        if count < len(parts) and loaded is not None and hasattr(loaded, "__path__"):
            path = list(loaded.__path__)
            continue
        try:
            spec = importlib.machinery.PathFinder.find_spec(".".join(parts[:count]), path)
        except (ImportError, ValueError, AttributeError):
            return None
        if spec is None:
            return None
        path = spec.submodule_search_locations
        if count < len(parts) and path is None:
            return None
    return spec
