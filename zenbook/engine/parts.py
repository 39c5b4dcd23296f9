"""What a value holds: its mutable parts, each with the way to it.

Built-in containers, deques, arrays of objects, elements of ``xml.etree``, the attributes of
instances (in ``__dict__`` or in slots), what tables of pandas share
(:mod:`zenbook.engine.frames`), and what functions of the notebook, bound methods, partial functions
and iterators hold are entered; arrays of numbers and anything else are leaves
(:mod:`zenbook.engine.unseen`), as are containers of more than 10,000 items. A walk ends at 50,000
objects, or goes on to the end, where :mod:`zenbook.engine.reach` has found that it matters.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from operator import methodcaller
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary, ref

from zenbook.core.closure_origin import library_of
from zenbook.core.closure_trace import MISSING, cell_content
from zenbook.core.dict_views import VIEWS, dictionary_of
from zenbook.core.ended import facts_of_ended, may_be_over
from zenbook.core.kinds import held_by_name, is_a, slot_of
from zenbook.core.neighbours import array_in, is_tree
from zenbook.core.raised import behind
from zenbook.engine.blocks import wrapped_in
from zenbook.engine.frames import frame_parts, frames_within, is_frame, put_into_index
from zenbook.engine.part_kinds import (
    CODE,
    LEAVES,
    holds_nothing,
    is_array,
    is_element,
    is_mutable,
    is_not_entered,
    is_part,
    is_plain,
    slots_of,
)
from zenbook.engine.rows import objects_in

Step = tuple[str, Any]
"""One step to a part: ``("item", key)``, ``("attribute", name)``, ``("slot", name)``,
``("cell", number)`` of a function's closure; ``("given", number)`` of a partial function;
``("field", (name, place))`` of an array with columns; ``("grown", ())`` of a tree for looking up
neighbours (:mod:`zenbook.core.neighbours`);
``("entry", (row, column))`` of a frame, ``("entry", (row,))`` of a series, ``("block", number)``
for the arrays behind either, or ``("behind", key)`` (:mod:`zenbook.engine.blocks`); ``("place",
number)`` in a tuple, ``("wrapped", name)`` in an extension array, ``("buffer", key)`` in values of
pyarrow, polars and Pillow (:mod:`zenbook.engine.buffers`) and ``("row", ())`` in a row of a
structured array (:mod:`zenbook.engine.rows`), which must be made anew to hold another object; and
``("fixed", number)`` in a set, a bound method and the like, where nothing else can be put."""
Path = tuple[Step, ...]
"""How to reach an object inside another: ``(("item", "data"), ("attribute", "x"))``."""

ITERATORS: tuple[type, ...] = (
    enumerate, filter, map, reversed, zip, type(iter([])), type(iter(())), type(reversed([])),
)  # fmt: skip
NOTHING: Mapping[int, Any] = {}
MOST = 50_000
WIDEST = 10_000
MOST_AT_ALL = 2_000_000
TABLES = frozenset({"pandas", "polars", "pyarrow"})
"""Libraries whose values copy on write, but for the frames that ``frames`` looks into, and share
caches that nobody changes."""
_CONTAINERS: tuple[Any, ...] = (OrderedDict, dict, list, deque, tuple, set, frozenset)
_HOW = {list: "item", deque: "item", tuple: "place", set: "fixed", frozenset: "fixed"}
_PLAIN_CONTAINERS = frozenset((list, dict, tuple))
_simple: WeakKeyDictionary[type, bool] = WeakKeyDictionary()
"""What is known of the classes of instances met."""


Looks = dict[int, tuple[Any, bool, list[tuple[Step, Any]]]]
"""What walks have found that follow each other while nothing changes, and that all go as far: each
object by its identity, which no other gets as long as it is held here, whether it is a part, and
what it holds."""


def walk(
    value: Any,
    stop: Mapping[int, Any] = NOTHING,
    *,
    to_the_end: bool = False,
    looks: Looks | None = None,
    entered: set[int] | None = None,
) -> Iterator[tuple[Path, Any]]:
    """Every mutable object reachable, with a path to it, nearest first.

    What is in ``stop`` is not entered, and comes with every path to it; ``to_the_end``: wide
    containers are entered, too. ``looks`` are shared by walks between which nothing changes, and
    which all go as far; what another of them has ``entered``, this one passes by.
    """
    most, widest = (MOST_AT_ALL, MOST_AT_ALL) if to_the_end else (MOST, WIDEST)
    waiting: deque[tuple[Path, Any]] = deque([] if holds_nothing(value) else [((), value)])
    known: Looks = {} if looks is None else looks
    seen: set[int] = set() if entered is None else entered
    met = 0
    while waiting and met < most:
        path, inner = waiting.popleft()
        number = id(inner)
        if number in seen and number not in stop:
            continue
        met += 1
        if not (stop and is_a(inner, tuple)):
            seen.add(number)
        look = known.get(number)
        is_one = look[1] if look is not None else is_part(inner)
        if is_one:
            yield path, inner
        if number in stop:
            continue
        if look is None:
            held = [one for one in held_by(inner, widest) if not holds_nothing(one[1])]
            look = inner, is_one, held
            if looks is not None:
                known[number] = look
        waiting += [((*path, step), item) for step, item in look[2]]


def held_by(value: Any, widest: int = WIDEST) -> Iterable[tuple[Step, Any]]:
    """What a value holds itself that may hold anything or change, each with the step to it;
    nothing for a container of more than ``widest`` items."""
    kind = type(value)
    if kind not in _PLAIN_CONTAINERS:
        if is_hollow(value):
            return ()
        if not is_simple(value):
            return _held_by(value, widest)
        own = held_by_name(value)
        items = list(own.items()) if type(own) is dict else []
        return [(("attribute", name), item) for name, item in items if type(item) not in LEAVES]
    if len(value) > widest:
        return ()
    if kind is dict:
        items = [
            (("item", key) if type(key) in LEAVES else _step_to(key, place), item)
            for place, (key, item) in enumerate(list(value.items()))
            if type(item) not in LEAVES
        ]
        return [*_keys_in(value), *items]
    how = "item" if kind is list else "place"
    return [((how, place), i) for place, i in enumerate(value) if type(i) not in LEAVES]


def is_hollow(value: Any) -> bool:
    """Whether it is a weak reference or an array of numbers, of which a figure has thousands: it
    holds nothing that a walk enters."""
    kind = type(value)
    if kind is ref:
        return True
    return kind is getattr(sys.modules.get("numpy"), "ndarray", None) and not value.dtype.hasobject


def is_simple(value: Any) -> bool:
    """Whether instances of its class hold their attributes and nothing else that matters, so that
    none of the many of a kind has to be asked what it is."""
    kind = type(value)
    known = _simple.get(kind)
    if known is None:
        known = _simple[kind] = _is_simple(value)
    return known


def _is_simple(value: Any) -> bool:
    kind = type(value)
    library = library_of(kind)
    is_known = library in TABLES or library in sys.stdlib_module_names or is_frame(value)
    is_known = is_known or may_be_over(kind)
    return is_plain(value) and not (is_known or is_not_entered(value))


def _keys_in(keys: Collection[Any]) -> list[tuple[Step, Any]]:
    """Those keys that hold anything or are known by their identity."""
    if LEAVES.issuperset(map(type, keys)):
        return []
    return [
        (("key", place), key) for place, key in enumerate(list(keys)) if type(key) not in LEAVES
    ]


def _step_to(key: Any, place: int) -> Step:
    """The step to a dictionary's item: none can be named by a key that is known by its identity."""
    return ("value", place) if is_mutable(key) else ("item", key)


def _held_by(value: Any, widest: int) -> Iterator[tuple[Step, Any]]:
    base = base_of(value)
    if base is not None and base.__len__(value) > widest:
        return
    if is_not_entered(value):
        return
    if facts_of_ended(value) is not None:  # what it worked with is over, too; not what came of it
        for name in ("_result", "iterable"):
            if (came := getattr(value, name, MISSING)) is not MISSING:
                yield ("attribute", name), came
        return
    if is_frame(value):
        yield from frame_parts(value)
        return
    if library_of(type(value)) in TABLES:
        yield from ((("wrapped", name), array) for name, array in wrapped_in(value).items())
        yield from frames_within(value)
        yield from put_into_index(value)
        return
    if base is not None:
        yield from _items(value, base)
    elif is_a(value, MappingProxyType):
        yield ("fixed", 0), dictionary_of(value)
    elif is_array(value):
        yield from _elements(value, widest)
        return
    elif is_a(value, CODE):
        yield from _bound_to(value)
        return
    elif is_a(value, partial):
        yield from (
            (("given", place), item) for place, item in enumerate((value.func, *value.args))
        )
        yield ("slot", "keywords"), value.keywords
    elif is_a(value, ITERATORS):
        yield from ((("fixed", place), item) for place, item in enumerate(value.__reduce__()[1]))
    elif type(value) in VIEWS:
        yield ("fixed", 0), dictionary_of(value)
    elif is_a(value, methodcaller):
        made: Any = methodcaller.__reduce__(value)
        yield from ((("fixed", place), item) for place, item in enumerate((made[0], *made[1])))
    elif is_tree(value):
        yield ("grown", ()), array_in(value)
    elif is_element(value):
        yield from _children(value, widest)
    elif is_a(value, BaseException):
        yield from _raised(value)
    if is_a(value, defaultdict):
        yield ("slot", "default_factory"), value.default_factory
    yield from _attributes(value)


def base_of(value: Any) -> Any:
    """Which built-in container it is made of; None for none. What its own class says of its length
    and items is code of the user's."""
    if not is_a(value, _CONTAINERS):
        return None
    return next(base for base in _CONTAINERS if is_a(value, base))


def _items(value: Any, base: Any) -> Iterator[tuple[Step, Any]]:
    if issubclass(base, dict):
        yield from _keys_in(base.keys(value))
        items = enumerate(list(base.items(value)))
        yield from ((_step_to(key, place), item) for place, (key, item) in items)
    else:
        how = _HOW[base]
        yield from (((how, place), item) for place, item in enumerate(list(base.__iter__(value))))


def _bound_to(code: Any) -> Iterator[tuple[Step, Any]]:
    """What a function or method brings along. A function that is imported by its name when it is
    loaded brings nothing, and global names are looked up when it is called."""
    owner = getattr(code, "__self__", None)
    if is_a(owner, (ModuleType, type)):
        return
    if owner is not None:
        yield ("fixed", 0), owner
    elif is_a(code, FunctionType) and _is_kept_whole(code):
        for number, cell in enumerate(code.__closure__ or ()):
            if (content := cell_content(cell)) is not MISSING:
                yield ("cell", number), content
        yield ("slot", "__defaults__"), code.__defaults__
        yield ("slot", "__kwdefaults__"), code.__kwdefaults__
        yield from _attributes(code)


def _is_kept_whole(function: FunctionType) -> bool:
    return function.__module__ == "__main__" or "<" in function.__qualname__


def _elements(array: Any, widest: int) -> Iterator[tuple[Step, Any]]:
    """The elements of an array of objects, or of its columns."""
    if not array.dtype.hasobject or array.size > widest:
        return
    for names, column in objects_in(array):
        for place, item in sys.modules["numpy"].ndenumerate(column):
            yield (("field", (*names, place)) if names else ("item", place)), item


def _children(element: Any, widest: int) -> Iterator[tuple[Step, Any]]:
    """What an element holds: its attributes, and the elements in it."""
    yield ("slot", "attrib"), element.attrib
    if (number := len(element)) <= widest:
        yield from ((("item", place), element[place]) for place in range(number))


def _raised(error: BaseException) -> Iterator[tuple[Step, Any]]:
    """What an exception was made of and what stands behind it; those of a group it holds as they
    were when it was made."""
    yield ("slot", "args"), error.args
    yield from ((("slot", name), held) for name, held in behind(error).items())
    exceptions = getattr(error, "exceptions", ())
    if is_a(exceptions, tuple):
        yield from ((("fixed", place), one) for place, one in enumerate(exceptions))


def _attributes(value: Any) -> Iterator[tuple[Step, Any]]:
    own = _own_attributes(value)
    if type(own) is dict:
        yield from ((("attribute", name), item) for name, item in list(own.items()))
    for kind in type(value).__mro__:
        for name in slots_of(kind):
            try:
                yield ("slot", name), slot_of(value, name)
            except AttributeError:
                continue  # empty, or ``__dict__`` and ``__weakref__`` by a private name


def _own_attributes(value: Any) -> Any:
    """An instance's attributes. An error and a partial function get a dictionary when they are
    asked for it first, and are pickled otherwise from then on."""
    if is_a(value, partial):
        return partial.__reduce__(value)[2][3]
    if is_a(value, ModuleType):  # by way of Python's own names it leads to the whole notebook
        return {name: item for name, item in vars(value).items() if name != "__builtins__"}
    if is_a(value, BaseException):
        return next(iter(BaseException.__reduce__(value)[2:]), None)
    return held_by_name(value)
