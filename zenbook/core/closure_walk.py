"""One walk from a function, a cell's code or a class to everything it uses.

Breadth first, names in alphabetical order, so that what a thing is called does not depend on
chance: the first reference names it, and two things of one name are numbered as they are met.
A used function's or class's own digest covers its code and *which* things its names mean, by
their labels in this walk; those things have digests of their own. So cycles need no special
care, and a change shows at the one thing that changed.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any

from zenbook.core.closure_changes import changing_in
from zenbook.core.closure_collect import Token, digest_of
from zenbook.core.closure_databases import asks_databases_only
from zenbook.core.closure_finders import finders_in, told_ways
from zenbook.core.closure_formulas import names_in_formulas, tables_in_texts, texts_read
from zenbook.core.closure_members import counts_by_value, has_no_digest_after
from zenbook.core.closure_named import function_told
from zenbook.core.closure_objects import (
    Objects,
    is_local_function,
    is_local_thing,
    is_shells,
    is_told,
)
from zenbook.core.closure_origin import POSITION, is_local_code, is_private, package_named
from zenbook.core.closure_patches import put_into_builtins
from zenbook.core.closure_program import (
    PROGRAM,
    is_elsewhere,
    names_of_program,
    taken_of,
    taken_of_program,
)
from zenbook.core.closure_static import StaticModules, resolve
from zenbook.core.closure_trace import MISSING, Trace, cell_content, is_atom
from zenbook.core.code_facts import CodeFacts, Import, Name, bound_in, parameters_of
from zenbook.core.code_reader import facts_of
from zenbook.core.compiling import compiled
from zenbook.core.kinds import is_a
from zenbook.core.source_helpers import Around, Given
from zenbook.core.vouched import Vouched, is_datum
from zenbook.model import Part

_ANY_NAME = "computed names"
"""The part for what a step reaches by eval, globals() and computed imports."""
_IMPORTERS = frozenset({"__import__", "import_module"})
_AS_IF_BUILTIN = ("display", "get_ipython", "open")
"""What every notebook has as if it were builtin. A magic's text is code already, and IPython's
``open`` refuses the standard streams, of which no result is kept, and is the builtin otherwise."""

Cells = Mapping[str, Any]


class Walk(Objects):
    """Follows names. ``as_value`` when the root is itself a value: its defaults then count."""

    def __init__(
        self,
        root: Any,
        namespace: Mapping[str, Any] | None,
        static: StaticModules,
        as_value: bool = False,
    ) -> None:
        super().__init__([root, namespace], () if as_value else parameters_of(root))
        self.root = root
        self.namespace: Mapping[str, Any] = {} if namespace is None else namespace
        self.static = static
        self.as_value = as_value

    def trace(self) -> Trace:
        """Walk, and give everything found."""
        root = self.root
        if isinstance(root, CodeType):
            self._code(facts_of(root), self.namespace, {}, "", direct=True)
            return self.finish()
        self.labels[id(root)] = "itself"
        if is_a(root, FunctionType):
            self.whole.append(self.describe_function(root, "itself"))
        elif is_a(root, type) and is_local_code(root):
            self.whole.append(self.describe_class(root, root.__name__))
        elif is_a(root, ModuleType) and is_local_code(root):
            self.whole.append(self.describe_module(root, "itself"))
        else:
            del self.labels[id(root)]
            self.whole.append(self.meaning("value", root))
        return self.finish()

    # -------------------------------------------------------------- functions

    def describe_function(self, function: FunctionType, label: str) -> Token:
        """A function: its code, what its names mean, its defaults and attributes.

        A step's own defaults are inputs of the step and no part of its code. Its name counts where
        it is not what the code calls it: as a value it may be asked for it (``df.agg([f])``).
        """
        if not is_local_function(function):
            return self.installed_function(function, label)
        self.hold(function)
        direct = function is self.root and not self.as_value
        (self.own if direct else self.described).append((label, function))
        code = function.__code__
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        facts = facts_of(code)
        given = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        texts = [value for value in given if type(value) is str]
        names = self._code(facts, function.__globals__, cells, label, direct, texts)
        return ("code", facts.digest, names, () if direct else self._extra(function, label))

    def _extra(self, function: FunctionType, label: str) -> Token:
        prefix = label.removesuffix("()")
        told: list[Token] = []
        parameters = function.__code__.co_varnames[: function.__code__.co_argcount]
        defaults = function.__defaults__ or ()
        first = len(parameters) - len(defaults)
        given = [*zip(parameters[first:], defaults, strict=True)]
        given += sorted((function.__kwdefaults__ or {}).items())
        for name, value in given:
            told.append(("default", name, self.meaning(f"{prefix}({name})", value)))
        for name, value in sorted(vars(function).items()):
            if is_told(function, name, value):
                told.append(("attribute", name, self.meaning(f"{prefix}.{name}", value)))
        return (*told, *function_told(function, label))

    # -------------------------------------------------------------- code

    def _code(
        self,
        facts: CodeFacts,
        space: Mapping[str, Any],
        cells: Cells,
        label: str,
        direct: bool = False,
        texts: Iterable[str] = (),
    ) -> Token:
        """What all the names of some code mean; ``texts`` are its defaults that are any."""
        self.note(facts, space)
        self.changing += changing_in(facts, space, cells)
        self._note_stores(facts, space)
        told: list[Token] = []
        for name in facts.names:
            token = self.wrapped(name, cells, label) or self._name(name, space, cells)
            if token is not None:
                told.append((name.text, token))
                if direct:
                    self._direct(name, token)
        inputs = self.reserved if isinstance(self.root, CodeType) else ()
        read = dict(texts_read(facts, space, inputs))
        self.bindings += ((space, name, text) for name, text in read.items())
        texts = (*texts, *read.values())
        if tables := tables_in_texts(facts, space, texts, self.reserved):
            self.tables.append(partial(self._tables, tables, space, cells, label, direct))
        for name in names_in_formulas(facts, space, texts, self.reserved):
            token = self._name(name, space, cells)
            told.append((f"@{name.text}", token))
            if direct and token is not None:
                self._direct(name, token)
        for entry in facts.imports:
            token = self._import(entry, facts, space)
            told.append((entry.bound, token))
            if direct:
                self._direct(Name(entry.bound or entry.module), token)
        reached = tuple(self._dynamic(facts, space, cells, label))
        if direct and reached:
            self.parts[_ANY_NAME] = Part("use", _ANY_NAME, digest_of(reached))
        return (*told, *reached)

    def _tables(
        self, names: list[Name], space: Mapping[str, Any], cells: Cells, label: str, direct: bool
    ) -> None:
        """Globals that may be the tables which some code's text of SQL names."""
        told = [(name, self._name(name, space, cells)) for name in names]
        if not direct:
            self._besides(f"tables of {label}", tuple((name.text, token) for name, token in told))
        for name, token in told:
            if direct and token is not None:
                self._direct(name, token)

    def asks_databases_only(self) -> bool:
        """What a function is given nobody knows here; what a cell is given it finds by name."""
        if not isinstance(self.root, CodeType):
            return False
        given = [self.namespace[name] for name in self.reserved if name in self.namespace]
        reached = {*self.packages, *self.modules}
        return asks_databases_only(reached, self.literals, (*given, *self.constants.values()))

    def _note_stores(self, facts: CodeFacts, space: Mapping[str, Any]) -> None:
        """Assignments that a kept result could not repeat.

        Those in the step's own module are told apart: a notebook can bind them again. A value
        that is assigned an attribute is digested after the step, and needs no word here. Classes
        are compared after the step (see ``members``): that is enough where what is assigned counts
        by its value, as what a class counts its instances by.
        """
        imported = {entry.bound for entry in facts.imports}
        for name in facts.stores:
            root, _, attribute = name.partition(".")
            if not attribute:
                self.stored.append((space, name))
            if not attribute and self._is_home(space):
                self.stores.add(name)
            elif is_private(root, space.get(root)) or counts_by_value(space.get(root), attribute):
                continue  # what a library writes for its users, as attrs does, notes things there
            elif not attribute or root in imported or has_no_digest_after(space.get(root)):
                self.stores_elsewhere.add(name)

    def _direct(self, name: Name, token: Token) -> None:
        """A part for what the step itself names, unless the thing has one under that very name."""
        if token[0] == "itself":
            return
        text = name.root if token[0] == "installed" else name.text
        if token[0] in ("node", "value") and f"{text}.".startswith(
            f"{token[1].removesuffix('()')}."
        ):
            return
        self.parts[text] = Part("use", text, digest_of(token))

    # -------------------------------------------------------------- code that reaches any name

    def _dynamic(
        self, facts: CodeFacts, space: Mapping[str, Any], cells: Cells, label: str
    ) -> Iterator[Token]:
        for text in facts.runs_text:
            try:
                code = compiled(text, "<text>")
            except (SyntaxError, ValueError):
                continue  # it will raise when it is run
            yield ("text", self._code(facts_of(code), space, cells, label))
        finders = finders_in(facts, space)
        self.finds_modules |= bool(finders or "__import__" in facts.dynamic)
        if facts.dynamic or finders:
            who = "the step" if label in ("", "itself") else label
            ways = told_ways((*facts.dynamic, *finders))
            if self._is_vouched(space):
                self.widened[f"{who} {ways}: only what --inputs names counts"] = None
            else:
                self.widened[f"{who} {ways}: its whole module counts"] = None
                yield self.all_of(space)
                if is_elsewhere(facts, space):
                    yield self.all_of(names_of_program())
        if _IMPORTERS & set(facts.dynamic):
            names = self.watch(partial(self.static.beside, str(space.get("__file__", ""))))
            yield self._static_modules("import", *names)

    def _is_vouched(self, space: Mapping[str, Any]) -> bool:
        vouched = self.namespace.home if isinstance(self.namespace, Around) else self.namespace
        return isinstance(vouched, Vouched) and self._is_home(space)

    # -------------------------------------------------------------- names

    def _name(self, name: Name, space: Mapping[str, Any], cells: Cells) -> Token | None:
        """What a name with its attributes means; None for a builtin."""
        if name.scope == "free":
            value = cell_content(cells[name.root]) if name.root in cells else MISSING
            return self._path(name.root, value, name.chain)
        if name.root in POSITION:
            return None
        if name.root in self.reserved and self._means_input(name.root, space):
            return self._path(name.root, Given(name.root), name.chain)
        value = space.get(name.root, MISSING)
        self.bindings.append((space, name.root, value))
        if self._is_vouched(space) and is_datum(value):
            return self._vouched(name.root, value)
        if value is MISSING:
            return self._builtin_name(name)
        if name.root in _AS_IF_BUILTIN and is_shells(value):
            return None
        return self._path(name.root, value, name.chain)

    def _builtin_name(self, name: Name) -> Token | None:
        """A name of no globals: None for Python's own builtin, which every program has."""
        held = put_into_builtins(name.root)
        self.stale.append(lambda: put_into_builtins(name.root) is not held)
        if held is not None:
            return self._path(name.root, held, name.chain)
        return None if hasattr(builtins, name.root) else ("missing",)

    def _means_input(self, name: str, space: Mapping[str, Any]) -> bool:
        """Whether a global is an input of the cell, which the cell never binds to anything else."""
        root, around = self.root, self.namespace
        if isinstance(around, Around) and not around.is_notebook:
            sees = space is around
        else:
            sees = self._is_home(space)
        return isinstance(root, CodeType) and sees and name not in bound_in(root)

    def _is_home(self, space: Mapping[str, Any]) -> bool:
        """Whether these are the globals of the step's own module."""
        home: Any = getattr(self.root, "__globals__", self.namespace)
        while isinstance(home, (Around, Vouched)) and space is not home:
            home = home.home
        return space is home

    def _vouched(self, name: str, value: Any) -> Token | None:
        """Of a value that is no reason only its class counts, which is code."""
        if value is MISSING:
            return None
        self.vouched[name] = value
        kind = type(value)
        token = self.meaning(kind.__name__, kind)
        return token if is_local_code(kind) else None

    def _path(self, text: str, value: Any, chain: tuple[str, ...]) -> Token:
        """Follow attributes as long as the object is a module, or a class with a value there."""
        for place, attribute in enumerate(chain):
            if (held := self.held_by_class(value, attribute)) is not MISSING:
                text, value = f"{text}.{attribute}", held
                continue
            if not is_a(value, ModuleType):
                break
            if not is_local_code(value):
                return self._installed_path(text, value, chain[place:])
            if attribute == "__dict__":
                break
            found = vars(value).get(attribute, MISSING)
            self.bindings.append((vars(value), attribute, found))
            if type(value) is not ModuleType and (
                found is MISSING or hasattr(type(value), attribute)
            ):
                return ("computed", self.meaning(text, value), self.kind_of(value))
            if found is MISSING:
                return self._absent(text, value, attribute)
            text, value = f"{text}.{attribute}", found
        return self.meaning(text, value)

    def _absent(self, text: str, module: ModuleType, attribute: str) -> Token:
        """An attribute a local module does not have (yet): a submodule, or one computed."""
        below = f"{module.__name__}.{attribute}"
        if self.watch(lambda: below in sys.modules):
            return self.meaning(f"{text}.{attribute}", sys.modules[below])
        if "__getattr__" in vars(module):
            return ("computed", self.meaning(text, module))
        if hasattr(module, "__path__") and self.static.find(below) is not None:
            return self._static_modules(f"{text}.{attribute}", below)
        return ("missing",)

    def _installed_path(self, text: str, module: ModuleType, chain: tuple[str, ...]) -> Token:
        """An attribute of an installed module: its name is code already, unless it was patched."""
        value: Any = module
        followed: list[tuple[Mapping[str, Any], str, Any]] = []
        for attribute in chain:
            if not is_a(value, ModuleType):
                break
            space = vars(value)
            value = space.get(attribute, MISSING)
            followed.append((space, attribute, value))
        self.bindings += followed
        if is_a(value, (FunctionType, type)) and is_local_thing(value):
            return self.meaning(".".join((text, *chain[: len(followed)])), value)
        if is_atom(value) and len(followed) == len(chain) and not chain[-1].startswith("__"):
            self.constant(".".join((text, *chain)), value)  # somebody may have set it
        self.reach(".".join((module.__name__, *chain[: len(followed)])))
        return self.installed(module)

    # -------------------------------------------------------------- imports inside a body

    def _import(self, entry: Import, facts: CodeFacts, space: Mapping[str, Any]) -> Token:
        package = space.get("__package__") or str(space.get("__name__", "")).rpartition(".")[0]
        name = resolve(entry.module, entry.level, package)
        text = entry.bound or name
        if name == PROGRAM:
            taken, program = taken_of_program(entry, facts), names_of_program()
            return ("program", *(self._name(Name(one), program, {}) for one in taken))
        if self.static.find(name) is None:
            self.packages.add(package_named(name))
            for reached in taken_of(entry, name, facts):
                self.reach(reached)
            return ("installed", f"{name}:{entry.attribute}" if entry.attribute else name)
        names = [name]
        attributes = (entry.attribute,) if entry.attribute else facts.attributes
        self.imported.setdefault(name, set()).update(attributes if entry.bound else "*")
        for known in names:
            below = (f"{known}.{attribute}" for attribute in attributes)
            names += [n for n in below if n not in names and self.static.find(n) is not None]
        return ("import", entry.attribute, *self._static_modules(text, *names))

    def _static_modules(self, text: str, *names: str) -> Token:
        """Local modules by their text, and what in them is no longer as it says."""
        found = [self.watch(partial(self.static.module, name)) for name in names]
        self.by_text.update(names)
        told = [*self.kinds_of(names)]
        for module in found:
            self.packages |= module.packages
            self.modules |= module.tops
            self.literals.update(dict.fromkeys(module.strings))
            told.append(("static", module.digest))
        for name in dict.fromkeys(name for module in found for name in module.modules):
            for changed in self.watch(partial(self.static.differences, name)):
                space = vars(sys.modules[name])
                self.bindings.append((space, changed, space[changed]))
                told.append((changed, self.meaning(f"{text}.{changed}", space[changed])))
        return tuple(told)
