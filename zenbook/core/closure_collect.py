"""What a walk gathers: parts, constants, and all that must stay the same for them to hold."""

from __future__ import annotations

import functools
import operator
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.closure_answers import answered_by
from zenbook.core.closure_changes import Changing
from zenbook.core.closure_drawing import draws, may_draw
from zenbook.core.closure_known import LASTING, TOLD_LIVE, WITHOUT_SETTINGS
from zenbook.core.closure_origin import identity_of, package_of
from zenbook.core.closure_put import LISTS, lists_in, loaded_of, modules_asked_for, put_in
from zenbook.core.closure_registries import error_handler, error_handlers_named
from zenbook.core.closure_setting import may_set
from zenbook.core.closure_subclasses import Reading, Registry
from zenbook.core.closure_texts import annotated_with, bases_of, text_of
from zenbook.core.closure_trace import MISSING, NAMES, Trace, cells_of, preview_of
from zenbook.core.code_facts import CodeFacts
from zenbook.core.kinds import is_a
from zenbook.core.text_readers import Text, texts_read_by
from zenbook.model import Part

Token = tuple[Any, ...]
"""What a reference means, as nested text: ``("node", "helper()")``, ``("installed", "numpy")``."""


class Collector:
    """Labels things, queues them to be described, and remembers what was looked at."""

    def __init__(self, keep: Iterable[Any], reserved: Iterable[str]) -> None:
        self.waiting: deque[tuple[str, Callable[[], Token]]] = deque()
        self.labels: dict[int, str] = {}
        self.reserved = frozenset(reserved)
        self.taken = set(self.reserved)
        self.parts: dict[str, Part] = {}
        self.whole: list[Token] = []
        self.constants: dict[str, Any] = {}
        self.soft: set[str] = set()
        self.vouched: dict[str, Any] = {}
        self.literals: dict[str, None] = {}
        self.packages: set[str] = set()
        self.modules: set[str] = set()
        self.stores: set[str] = set()
        self.stores_elsewhere: set[str] = set()
        self.stored: list[tuple[Mapping[str, Any], str]] = []
        self.asks: set[str] = set()
        self.imported: dict[str, set[str]] = {}
        self.lasting: set[str] = set()
        self.finds_modules = False
        self.may_draw = False
        self.may_set: set[str] = set()
        self.seeks = False
        self.by_text: set[str] = set()
        self.changing: list[Changing] = []
        self.texts: set[Text] = set()
        self.asks_subclasses = False
        self.reading = Reading(set())
        self.inside: set[int] = set()
        self.tables: list[Callable[[], None]] = []
        self.hooks: list[tuple[str, FunctionType]] = []
        self.registries: list[Registry] = []
        self.listed: dict[str, str] = {}
        self.described: list[tuple[str, Any]] = []
        self.own: list[tuple[str, Any]] = []
        """The step itself, whose texts nobody reads who does not name it."""
        self.memoized: list[Any] = []
        self.widened: dict[str, None] = {}
        self.bindings: list[tuple[Mapping[Any, Any], str, Any]] = []
        self.functions: list[tuple[FunctionType, Any, Any, Any, Any, tuple[Any, ...]]] = []
        self.folders: list[tuple[Mapping[Any, Any], Mapping[Any, Any]]] = []
        self.stale: list[Callable[[], bool]] = []
        self.keep: list[Any] = list(keep)

    def finish(self) -> Trace:
        """Describe whatever waits, which may queue more, and give everything found."""
        self._describe_waiting()
        told: set[tuple[str, Text]] = set()
        while missing := [
            (label, thing, text)
            for label, thing in self.described
            for text in sorted(self._texts_read())
            if (label, text) not in told
        ]:
            for label, thing, text in missing:
                told.add((label, text))
                self._besides(f"{text} of {label}", self._text_of(thing, text))
            self._describe_waiting()
        self.reading.any_name |= bool(self.by_text)
        return Trace(
            keep=tuple(self.keep),
            whole=tuple(self.whole),
            parts=tuple(self.parts.values()),
            constants=tuple(self.constants.items()),
            soft=frozenset(self.soft),
            vouched={n: v for n, v in self.vouched.items() if n not in self.constants},
            literals=tuple(self.literals),
            packages=frozenset(self.packages - {""}),
            modules=frozenset(self.modules - {""}),
            stores=tuple(sorted(self.stores)),
            stores_elsewhere=tuple(sorted(self.stores_elsewhere)),
            stored=tuple(self.stored),
            asks=tuple(sorted(self.asks)),
            imported=tuple((name, tuple(sorted(of))) for name, of in self.imported.items()),
            lasting=tuple(sorted(self.lasting)),
            finds_modules=self.finds_modules,
            may_draw=self.may_draw,
            may_set=frozenset(self.may_set),
            seeks=self.seeks,
            by_text=frozenset(self.by_text),
            changing=tuple(self.changing),
            texts=self._texts_read(),
            described=tuple(self.described),
            reading=replace(self.reading, left_out=tuple(self.registries)),
            listed=self.listed,
            memoized=tuple(self.memoized),
            widened=tuple(self.widened),
            bindings=tuple(self.bindings),
            functions=tuple(self.functions),
            folders=tuple(self.folders),
            stale=tuple(self.stale),
            previews={name: preview_of(name, value) for name, value in self.constants.items()},
        )

    def _texts_read(self) -> frozenset[Text]:
        """The texts that the code reads, or a library that it uses."""
        return frozenset(self.texts).union(*map(texts_read_by, self.packages))

    def _text_of(self, thing: Any, text: Text) -> Token:
        """A text of used code; who reads annotations may use what they name."""
        said = self.watch(functools.partial(text_of, thing, text))
        if text == "bases" and (bases := bases_of(thing)):
            return (said, self.meaning(f"bases of {thing.__name__}", bases))
        if text != "annotations":
            return (said,)
        space, names, notes, objects = annotated_with(thing)
        self.bindings += ((space, name, space[name]) for name in names)
        named = [(name, self.meaning(name, space[name])) for name in names]
        held = (self.meaning(f"annotation of {name}", value) for name, value in objects)
        return (said, *named, *(self.meaning(note.__name__, note) for note in notes), *held)

    def _describe_waiting(self) -> None:
        asked = 0
        while (
            self.waiting
            or (self.asks_subclasses and asked < len(self.described))
            or self._goes_on()
        ):
            if self.waiting:
                label, describe = self.waiting.popleft()
                self.parts[label] = Part("use", label, digest_of(describe()))
                continue
            label, thing = self.described[asked]
            asked += 1
            if is_a(thing, type):
                below = self.watch(functools.partial(type.__subclasses__, thing))
                told = tuple(self.meaning(each.__name__, each) for each in below)
                self._besides(f"subclasses of {label}", told)

    def _goes_on(self) -> bool:
        """Queue what counts because of code met since: what runs when classes are made, where code
        makes some, and registries of subclasses that it reads, by which classes those are; and the
        variables that a text of SQL names."""
        if self.reading.makes_classes and self.hooks:
            label, hook = self.hooks.pop(0)
            self.waiting.append((label, functools.partial(self.describe_function, hook, label)))
            return True
        if self.tables and not self.watch(self.asks_databases_only):
            self.tables.pop(0)()
            return bool(self.waiting) or self._goes_on()
        self.reading.any_name |= bool(self.by_text)
        read = next((one for one in self.registries if self.reading.reads(one)), None)
        if read is None:
            return False
        self.registries.remove(read)
        self.constant(read.label, read.held)
        entries = self.watch(read.entries)
        told = tuple((repr(key), self.meaning(cls.__name__, cls)) for key, cls in entries)
        self.listed[read.label] = digest_of((type(read.held).__name__, told))
        return bool(self.waiting) or self._goes_on()

    def describe_function(self, function: FunctionType, label: str) -> Token:
        """A function's code with what its names mean."""
        raise AssertionError("a walk describes functions")  # pragma: no cover

    def asks_databases_only(self) -> bool:
        """Whether a text of SQL that the code has can name no variable of the program."""
        raise AssertionError("a walk knows what code is given")  # pragma: no cover

    def _besides(self, name: str, token: Token) -> None:
        """A part beside the thing's own."""
        self.parts[name] = Part("use", name, digest_of(token))

    def meaning(self, text: str, value: Any) -> Token:
        """What an object met under this name is."""
        raise AssertionError("objects are told apart above")  # pragma: no cover

    def node(self, text: str, value: Any, describe: Callable[[Any, str], Token]) -> Token:
        """A thing with a part of its own, described when its turn comes."""
        label = self.labels.get(id(value))
        if label is None:
            label = _free_label(text, self.taken)
            self.taken.add(label)
            self.labels[id(value)] = label
            self.keep.append(value)
            self.waiting.append((label, functools.partial(describe, value, label)))
        if label != "itself":
            return ("node", label)
        self.described += self.own
        self.own = []
        return ("itself",)

    def constant(self, text: str, value: Any, soft: bool = False) -> Token:
        """A value with a part of its own. ``soft`` ones may have no digest: their type will do.

        An input of the step keeps its name to itself, because in a key inputs and constants
        are one kind.
        """
        others = {label for label, held in self.constants.items() if held is not value}
        label = _free_label(text, others | self.reserved)
        if soft and label not in self.constants:
            self.soft.add(label)
        if not soft:
            self.soft.discard(label)
        self.constants[label] = value
        self.reach(type(value).__module__)
        return ("value", label)

    def kind_of(self, module: ModuleType) -> Token:
        """The class of a module that has one of its own, which may compute what is asked of it."""
        return self.meaning(type(module).__name__, type(module))

    def kinds_of(self, names: Iterable[str]) -> Iterator[Token]:
        """The classes of their own that modules of these names have, as far as they are loaded."""
        for module in (sys.modules[name] for name in names if name in sys.modules):
            if type(module) is not ModuleType:
                yield self.kind_of(module)

    def installed(self, value: Any) -> Token:
        """A thing that counts by name and by its package's version."""
        module = value.__name__ if is_a(value, ModuleType) else None
        self.packages.add(package_of(module or getattr(value, "__module__", None)))
        identity = identity_of(value)
        if not is_a(value, ModuleType):
            self.reach(identity)
            if told := answered_by(identity):
                self.constant(told[0], self.watch(told[1]))
        return ("installed", identity)

    def reach(self, identity: str) -> None:
        """Remember the top-level module of something reached, unless no setting changes it; and
        what no result can hold: that it is told things live, or changes the process for good."""
        if identity.startswith(TOLD_LIVE):
            self.asks.add(TOLD_LIVE)
        if identity in LASTING:
            self.lasting.add(identity)
        self.may_draw |= draws(identity)
        if identity not in WITHOUT_SETTINGS:
            self.modules.add(identity.partition(".")[0])

    def note(self, facts: CodeFacts, space: Mapping[str, Any]) -> None:
        """Remember what can be said of some code without following its globals, ``space``."""
        self.reading.note(facts)
        self.literals.update(dict.fromkeys(facts.strings))
        self.texts.update(facts.texts)
        self.asks_subclasses |= "__subclasses__" in facts.attributes
        self.lasting.update(f"get_ipython().{name}" for name in facts.shell)
        self.may_draw |= may_draw(facts)
        self.may_set |= may_set(facts)
        self.seeks |= facts.seeks
        for name in sorted(lists_in(facts, space)):
            if told := self.watch(LISTS[name]):
                self._besides(name, told)
        if asked := modules_asked_for(facts, space):
            self._besides("sys.modules", self.watch(functools.partial(loaded_of, asked)))
        for text, binding in sorted(put_in(facts, space), key=operator.itemgetter(0)):
            self.bindings.append(binding)
            if binding[2] is not MISSING:
                self.constant(text, binding[2])
        for text in error_handlers_named(facts):
            handler = self.watch(functools.partial(error_handler, text))
            if handler is not None:
                self._besides(f"errors={text!r}", self.meaning(text, handler))

    def hold(self, function: FunctionType) -> None:
        """Remember what a function is made of now."""
        named = function.__kwdefaults__
        self.functions.append(
            (
                function,
                NAMES(function),
                function.__code__,
                function.__defaults__,
                dict(named) if named else named,
                cells_of(function),
            )
        )
        self.watch_folder(vars(function))

    def watch_folder(self, space: Mapping[Any, Any]) -> None:
        """Remember all that a dictionary holds now."""
        self.folders.append((space, dict(space)))

    def watch(self, look: Callable[[], Any]) -> Any:
        """Remember what a question answers now, and give the answer."""
        answer = look()
        self.stale.append(lambda: look() != answer)
        return answer


def digest_of(token: Token) -> str:
    """32 hex digits of a token."""
    return xxh3_128_hexdigest(repr(token).encode("utf-8", "surrogatepass"))


def _free_label(text: str, taken: Iterable[str]) -> str:
    label, number = text, 1
    while label in taken:
        number += 1
        label = f"{text}#{number}"
    return label
