"""What a step's code uses, transitively, and what that is now.

From a function (or a cell's code object) every free name is followed to the object it means at
this moment: helper functions by their code objects, classes attribute by attribute with their
bases, modules by the attributes taken from them, constants by value. Each used thing is one
part, so that a miss can say which one changed, and each part is named as the code refers to it:
moving a helper to another module changes nothing as long as its name stays.

What cannot be resolved widens to the whole module, never to nothing.

Speed. All that code objects say is remembered by code object. What a walk found is remembered
as a *trace*: the bindings it followed, as (dictionary, name, object). As long as each is still
the same object only mutable constants are digested again; a walk is made anew otherwise.
Measured with two helpers on two cores: 2 µs with a scalar constant, 5 µs with a small dict.

Rejected: digests by source text (the file may have changed since it was imported; functions are
replaced at run time), one digest for everything used (a miss could not be told), ``__globals__``
pickled by dill with ``recurse`` (values, not code, and 10 MB of them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Protocol

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_changes import Changing
from zenbook.core.closure_collect import digest_of
from zenbook.core.closure_digests import digest_or_why
from zenbook.core.closure_extended import Named, names_within
from zenbook.core.closure_lending import closures_of, held_by_imported, held_by_names, home_of
from zenbook.core.closure_members import members_now, stored_now
from zenbook.core.closure_origin import environment_parts, is_local_code
from zenbook.core.closure_patches import Patches
from zenbook.core.closure_registries import registered_with
from zenbook.core.closure_setting import SETTERS
from zenbook.core.closure_static import ReadFile, StaticModules, read_text
from zenbook.core.closure_subclasses import Reading, read_among, registries_now
from zenbook.core.closure_texts import bases_of, text_of
from zenbook.core.closure_trace import Trace, is_atom
from zenbook.core.closure_walk import Walk
from zenbook.core.compiling import compiled
from zenbook.core.kinds import is_a, told_by
from zenbook.core.module_held import outdated_by
from zenbook.core.text_readers import Text
from zenbook.core.twins import Things, things_of
from zenbook.model import Part

_MOST_TRACES = 512
_NOWHERE: Mapping[str, Any] = {}
"""The globals of code that says only which module it means."""
_open: ContextVar[frozenset[int]] = ContextVar("zenbook_open_code", default=frozenset())
"""Code whose digest is being made in this thread: met again inside, it is "within itself"."""


class ValueDigests(Protocol):
    """Digests values; the ``Digester`` of :mod:`zenbook.core.digest`."""

    packages: set[str]
    constants: dict[str, tuple[Any, str]]
    assigned: set[str]
    memoized: list[Any]
    met: dict[int, Trace]
    met_again: int

    def apart(self, value: Any) -> str:
        """Its digest apart from all that is being digested."""
        ...

    def digest(self, value: Any) -> str:
        """32 hex digits of the value; raises NotDigestible."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """Everything a step's code uses.

    ``parts`` are of kind ``use``; ``literals`` the string constants of all the code;
    ``packages`` the installed top-level packages reached; ``constants`` the mutable constants by
    part name with their digests before; ``globals_read`` all constants by part name;
    ``stores_global`` the globals of the step's own module that the code assigns; ``widened``
    sentences on what had to be taken whole; ``obstacles`` reasons ("NAME why") not to keep a
    result; ``modules`` all top-level modules reached, the standard library's too, apart from
    functions of theirs that no setting changes; ``vouched`` values that can change, that the code
    reads and that are no reasons (see :mod:`zenbook.core.vouched`); ``finds_modules`` whether
    the code may reach any module that is loaded (see :mod:`zenbook.core.closure_finders`);
    ``may_draw`` whether it may draw pictures (see :mod:`zenbook.core.closure_drawing`);
    ``may_set`` the modules whose settings it may set (see :mod:`zenbook.core.closure_setting`);
    ``seeks`` whether it goes on where a file is missing (see :mod:`zenbook.core.code_seeking`);
    ``by_text`` the local modules that count by their text; ``texts`` the kinds of texts of code
    that it reads (see :mod:`zenbook.core.closure_texts`); ``reading`` what it reads of classes
    (see :mod:`zenbook.core.closure_subclasses`); ``changing`` what the code may change
    of what libraries hold (see :mod:`zenbook.core.closure_changes`); ``memoized`` are functions
    of ``functools.lru_cache``; ``things`` the user's functions and classes among all that
    (see :mod:`zenbook.core.twins`).
    """

    parts: tuple[Part, ...] = ()
    literals: tuple[str, ...] = ()
    packages: frozenset[str] = frozenset()
    constants: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    globals_read: Mapping[str, Any] = field(default_factory=dict)
    stores_global: tuple[str, ...] = ()
    widened: tuple[str, ...] = ()
    obstacles: tuple[str, ...] = ()
    modules: frozenset[str] = frozenset()
    vouched: Mapping[str, Any] = field(default_factory=dict)
    finds_modules: bool = False
    may_draw: bool = False
    may_set: frozenset[str] = frozenset()
    seeks: bool = False
    by_text: frozenset[str] = frozenset()
    texts: frozenset[Text] = frozenset()
    changing: tuple[Changing, ...] = ()
    memoized: tuple[Any, ...] = ()
    reading: Reading = field(default_factory=lambda: Reading(set()))
    things: Things = field(default_factory=dict)


class CodeClosure:
    """Follows code to everything it uses; digests functions, classes and modules met in values.

    ``read_file`` gives the text of a source file (for modules that are imported inside a body
    and not loaded yet); everything else is looked at in memory.
    """

    def __init__(self, read_file: ReadFile = read_text) -> None:
        self._static = StaticModules(read_file)
        self._traces: dict[object, Trace] = {}
        self._patches = Patches()

    # -------------------------------------------------------------- what a step uses

    def uses(self, code: Any, namespace: Mapping[str, Any] | None, digester: ValueDigests) -> Uses:
        """What this function uses; or this code object, with ``namespace`` as its globals."""
        if isinstance(code, MethodType):
            code = code.__func__
        if not isinstance(code, (FunctionType, CodeType)):
            return Uses()
        trace = self._trace(code, namespace, False)
        settled = trace.settled.get("uses")
        if settled is None:
            settled = trace.settled["uses"] = _settled(trace, digester)
        if not trace.settled["open"]:
            return settled
        token = _open.set(_open.get() | {id(code)})
        try:
            return _with_constants(settled, trace, digester)
        finally:
            _open.reset(token)

    def imported(self, code: Any, namespace: Mapping[str, Any] | None) -> dict[str, Any]:
        """Values that can change, held by the user's modules that this code imports itself, as far
        as they are loaded: ``module.name`` by what is there now."""
        return held_by_imported(self.of_step(code, namespace), self._tracing)

    def importing(self, code: Any, namespace: Mapping[str, Any] | None) -> tuple[str, ...]:
        """The user's modules that this code imports itself, loaded or not."""
        return tuple(module for module, _ in self.of_step(code, namespace).imported)

    def closures(self, code: Any, namespace: Mapping[str, Any] | None) -> dict[str, FunctionType]:
        """Functions with variables of their own that this code uses, and that are no global's."""
        return closures_of(self.of_step(code, namespace))

    def defined(self, names: Iterable[str], namespace: Mapping[str, Any] | None) -> dict[str, Any]:
        """Values that can change, held by the classes and functions of these names and by all that
        they use."""
        return held_by_names(names, home_of(namespace), self._tracing)

    def environment(self, packages: set[str] | frozenset[str]) -> tuple[Part, ...]:
        """The parts for Python's minor version and the versions of these top-level packages."""
        return environment_parts(packages)

    # -------------------------------------------------------------- code met in values

    def function(self, function: Any, digester: ValueDigests) -> str:
        """What a function does, with all it uses: 32 hex digits."""
        return self._whole(function, digester)

    def klass(self, cls: type, digester: ValueDigests) -> str:
        """What a class is: its bases, its attributes and all its methods use."""
        return self._whole(cls, digester)

    def module(self, module: ModuleType, digester: ValueDigests) -> str:
        """What a module holds: all of a local one, the name of an installed one."""
        return self._whole(module, digester)

    def named_module(self, name: str, digester: ValueDigests) -> str:
        """What a local module is, whether it is loaded or not: 32 hex digits."""
        uses = self.uses(compiled(f"__import__({name!r})", "<import>"), _NOWHERE, digester)
        parts = (*uses.parts, *self.environment(uses.packages))
        told = sorted((part.name, part.digest) for part in parts)
        return xxh3_128_hexdigest(repr(told).encode("utf-8", "surrogatepass"))

    def modules_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """These local modules with all the local modules that their texts import."""
        found = (module for name in names for module in self._static.module(name).modules)
        return tuple(dict.fromkeys(found))

    def outdated_by(self, name: str, found: Mapping[str, str]) -> str:
        """Which local module's change has made what this loaded one holds another than a new
        process would have; "" if none. ``found``: the texts that executing it found."""
        return outdated_by(name, self._static.bodies(found))

    def is_local(self, obj: Any) -> bool:
        """Whether a function, class or module is the user's own code."""
        return is_local_code(obj)

    def _whole(self, obj: Any, digester: ValueDigests) -> str:
        opened = _open.get()
        if id(obj) in opened:
            digester.met_again += 1
            return "within itself"
        trace = self._trace(obj, None, True)
        token = _open.set(opened | {id(obj)})
        try:
            told: list[object] = [*trace.whole, *((p.name, p.digest) for p in trace.parts)]
            for name, value in trace.constants:
                before = digester.met_again
                digest, why = digest_or_why(value, digester.digest)
                told.append((name, trace.listed.get(name, digest)))
                if not why and not is_atom(value):
                    if digester.met_again != before:
                        digest = _apart(value, digester)
                    _note_constant(name, obj, value, digest, digester)
            digester.packages |= trace.packages
            digester.memoized.extend(trace.memoized)
            digester.met[id(obj)] = trace
            if not is_a(obj, type):  # of all that a class's methods do, see members()
                digester.assigned.update(name for _, name in trace.stored)
        finally:
            _open.reset(token)
        return xxh3_128_hexdigest(repr(told).encode("utf-8", "surrogatepass"))

    def texts(self, digester: ValueDigests, which: Iterable[Text]) -> Iterator[Part]:
        """Parts for these texts of the functions and classes that the digester met in values."""
        for text in sorted(which):
            told: dict[str, list[object]] = {}
            for trace in digester.met.values():
                for _, thing in trace.described:
                    name = str(told_by(thing, "__qualname__") or thing.__name__)
                    told.setdefault(name, []).append(text_of(thing, text))
                    if text == "bases" and (bases := bases_of(thing)):
                        told[name].append(digest_or_why(bases, digester.digest)[0])
            for name, texts in told.items():
                yield Part("use", f"{text} of {name} in values", digest_of((*texts,)))

    def patches(
        self, libraries: Iterable[str], digester: ValueDigests, names: Callable[[], Named]
    ) -> tuple[Part, ...]:
        """Parts for what users have put into the modules and classes of these libraries, and
        registered with them; and other libraries, as far as code with these names may call it."""
        libraries = set(libraries)
        within, registered = self._patches.within(libraries, names), registered_with(libraries)
        put = ((text, self._whole(value, digester)) for text, value in within)
        held = ((text, digest_or_why(value, digester.digest)[0]) for text, value in registered)
        return tuple(Part("use", text, digest) for text, digest in (*put, *held))

    def names(self, code: Any, namespace: Mapping[str, Any] | None, met: Iterable[Trace]) -> Named:
        """Every name in a step's code, and in all that it uses or met in values."""
        return names_within(code, [self.of_step(code, namespace), *met])

    def registries(self, uses: Uses, digester: ValueDigests, unseen: bool) -> Iterator[Part]:
        """Parts for registries of subclasses that do not count for code met in values, or for the
        step, by itself, but that the one may read of the other. ``unseen``: some of the values are
        not loaded, and of classes that this process has met."""
        traces = self._traces if unseen else digester.met
        found = read_among([uses.reading, *(trace.reading for trace in traces.values())])
        counted = {id(value) for value, _ in uses.constants.values()}
        for registry in found:
            if id(registry.held) not in counted:
                told = tuple((repr(k), self._whole(c, digester)) for k, c in registry.entries())
                yield Part("use", f"{registry.label} in values", digest_of(told))

    def look_anew(self) -> None:
        """Other code has run since the last call: libraries may hold other things."""
        self._patches.look_anew()

    def members(
        self, home: Mapping[str, Any] | None = None, literals: Iterable[str] = ()
    ) -> Callable[[], tuple[str, ...]]:
        """Note what every class and function met so far, every local module and every library in
        use hold, and the globals that they assign, but for those in ``home``; call the result after
        a step for sentences on what the step assigned to them. ``literals`` may name libraries."""
        traces = list(self._traces.values())
        own = members_now(thing for trace in traces for thing in trace.keep)
        own_names = home_of(home)
        stored = (at for trace in traces for at in trace.stored if at[0] is not own_names)
        globals_, libraries = stored_now(stored), self._patches.watch(literals)
        left_out = (one for trace in traces for one in trace.reading.left_out)
        registries = registries_now(left_out, own_names)
        return lambda: (*own(), *globals_(), *libraries(), *registries())

    # -------------------------------------------------------------- traces

    def of_step(self, code: Any, namespace: Mapping[str, Any] | None) -> Trace:
        """All that was found of a step's code; where it holds still, as it was found before."""
        return self._trace(getattr(code, "__func__", code), namespace, False)

    def _tracing(self, code: CodeType, namespace: Mapping[str, Any]) -> Trace:
        return self._trace(code, namespace, False)

    def _trace(self, obj: Any, namespace: Mapping[str, Any] | None, as_value: bool) -> Trace:
        key = (obj if isinstance(obj, CodeType) else id(obj), id(namespace), as_value)
        trace = self._traces.get(key)
        if trace is not None and trace.holds():
            return trace
        trace = Walk(obj, namespace, self._static, as_value).trace()
        if len(self._traces) >= _MOST_TRACES:
            self._traces.clear()
        self._traces[key] = trace
        return trace


def _settled(trace: Trace, digester: ValueDigests) -> Uses:
    """Everything but the constants that can change while their names mean the same objects."""
    parts = list(trace.parts)
    waiting: list[tuple[str, Any]] = []
    for name, value in trace.constants:
        if is_atom(value):
            parts.append(Part("use", name, digester.digest(value), trace.previews[name]))
        else:
            waiting.append((name, value))
    trace.settled["open"] = waiting
    return Uses(
        tuple(parts),
        trace.literals,
        trace.packages,
        {},
        dict(trace.constants),
        trace.stores,
        trace.widened,
        (
            *(f"{name} is assigned by the step" for name in trace.stores_elsewhere),
            *(f"{name} is read by the step, and may say other things" for name in trace.asks),
            *(f"{name}() changes the process" for name in trace.lasting),
        ),
        trace.modules,
        {name: value for name, value in trace.vouched.items() if not is_atom(value)},
        trace.finds_modules,
        trace.may_draw or bool(trace.by_text),
        frozenset(SETTERS) if trace.by_text else trace.may_set,
        trace.seeks or bool(trace.by_text),
        trace.by_text,
        trace.texts,
        trace.changing,
        trace.memoized,
        trace.reading,
        things_of(trace),
    )


def _with_constants(settled: Uses, trace: Trace, digester: ValueDigests) -> Uses:
    """The same with the constants that can change, as they are now.

    While their digests are as before it is the very same object, so that whoever asks can
    remember what was made of it.
    """
    waiting = trace.settled["open"]
    said = [digest_or_why(value, digester.digest) for _, value in waiting]
    last = trace.settled.get("last")
    if last is not None and last[0] == said:
        return last[1]  # type: ignore[no-any-return]
    parts = list(settled.parts)
    constants: dict[str, tuple[Any, str]] = {}
    obstacles = list(settled.obstacles)
    for (name, value), (digest, why) in zip(waiting, said, strict=True):
        parts.append(Part("use", name, trace.listed.get(name, digest)))
        if not why:
            constants[name] = (value, digest)
        elif name not in trace.soft:
            obstacles.append(f"{name} {why}")
    uses = replace(settled, parts=tuple(parts), constants=constants, obstacles=tuple(obstacles))
    trace.settled["last"] = said, uses
    return uses


def _note_constant(name: str, user: Any, value: Any, digest: str, digester: ValueDigests) -> None:
    """Note a constant under a name that says through which code of a value it is reached."""
    label = told = f"{name} (used by {getattr(user, '__qualname__', user)})"
    number = 1
    while digester.constants.setdefault(label, (value, digest))[0] is not value:
        number += 1
        label = f"{told}#{number}"


def _apart(value: Any, digester: ValueDigests) -> str:
    """The digest that a value has by itself, and will be asked for when the step has run."""
    token = _open.set(frozenset())
    try:
        return digester.apart(value)
    finally:
        _open.reset(token)
