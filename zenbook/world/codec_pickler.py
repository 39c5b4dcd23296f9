"""The pickler that refuses what would come back dead, and finds code by what it is."""

from __future__ import annotations

import copyreg
import io
import math
import pickle
import re
import sys
import types
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

from zenbook.core.by_attributes import is_by_attributes
from zenbook.core.closed_file import facts_of_closed, is_closed_file
from zenbook.core.closure_origin import is_local_module, library_of
from zenbook.core.dict_views import VIEWS, dictionary_of
from zenbook.core.digest_pillow import is_of_file
from zenbook.core.digest_random import import_shared, shared_by
from zenbook.core.display_ids import kept_state, make_handle
from zenbook.core.ended import facts_of_ended, may_be_over
from zenbook.core.kinds import is_a
from zenbook.core.left_out import attributes_left_out, keeps_all
from zenbook.core.neighbours import array_in, is_tree, state_with
from zenbook.core.plain_values import is_value_type
from zenbook.core.refused import is_never_refused, refusal
from zenbook.world import codec_code as code_
from zenbook.world.codec_code import CodeDigests
from zenbook.world.codec_errors import reduce_error
from zenbook.world.codec_figures import is_drawn_apart, reduce_drawn
from zenbook.world.codec_matches import Matches, Searches, reduce_match, reduce_matches
from zenbook.world.codec_named import Named, name_of, reduce_argparse, reduce_field, reduce_named
from zenbook.world.codec_numpy import (
    reduce_masked,
    reduce_row,
    reduce_spread,
    reduce_view,
    reduce_with_view,
)
from zenbook.world.codec_pandas import reduce_index, reduce_table
from zenbook.world.codec_pillow import reduce_image
from zenbook.world.codec_plotly import reduce_plotly
from zenbook.world.codec_torch import Memories, reduce_tensor

_MOST_REDUCED = 20


class Refusal(Exception):
    """This value, or a part of it, cannot be kept; the text says why, without a subject."""


class _Bounded(io.BytesIO):
    """Takes what is written, up to a number of bytes."""

    def __init__(self, most: float) -> None:
        super().__init__()
        self._left = most

    def write(self, data: Any) -> int:
        self.count(len(data))
        return super().write(data)

    def count(self, size: int) -> None:
        """Count bytes that are kept elsewhere, too."""
        self._left -= size
        if self._left < 0:
            raise Refusal("takes too many bytes")


def _picking(
    out: _Bounded, picked: list[pickle.PickleBuffer]
) -> Callable[[pickle.PickleBuffer], None]:
    """Takes buffers; no method of the packer, which would keep itself alive, and all it holds."""

    def pick(buffer: pickle.PickleBuffer) -> None:
        out.count(buffer.raw().nbytes)
        picked.append(buffer)

    return pick


class Packer(pickle.Pickler):
    """Writes one bundle: its ``header`` and ``buffers``; ``kinds`` are the types met in it.

    It refuses to go on beyond ``most`` bytes.
    """

    def __init__(self, code: CodeDigests, views: Mapping[int, Any], most: float = math.inf) -> None:
        self._out = _Bounded(most)
        self._picked: list[pickle.PickleBuffer] = []
        self._code = code
        self._views = views
        self._memories: Memories = {}
        self._searches: Searches = {}
        self._made_here: frozenset[int] = frozenset()
        """Functions that are outputs themselves, and so no older ones that were there."""
        self.kinds: set[type] = set()
        self.reduced: list[Any] = []
        """Objects of classes that say themselves what is kept of them; no more than a few."""
        self._as_they_are: set[type] = set()
        """Types met whose objects pickle keeps as they are, each of them."""
        self._simple: dict[type, bool] = {}
        self._whole: dict[type, bool] = {}
        """Whether pickling keeps all that objects of each class have."""
        super().__init__(self._out, 5, buffer_callback=_picking(self._out, self._picked))

    def write(self, values: dict[str, Any]) -> None:
        """Pickle these values; raises Refusal and whatever their own methods raise."""
        made = ((n, v) for n, v in values.items() if type(v) is types.FunctionType)
        self._made_here = frozenset(id(v) for n, v in made if v.__qualname__ == n)
        self.dump(values)

    @cached_property
    def met(self) -> Mapping[int, Any]:
        """All that was written and may be met again, by identity; to be asked afterwards."""
        return {identity: obj for identity, (_, obj) in self.memo.copy().items()}

    @property
    def header(self) -> bytes:
        """The pickle."""
        return self._out.getvalue()

    @property
    def buffers(self) -> tuple[memoryview, ...]:
        """The out-of-band buffers as bytes, in place."""
        return tuple(buffer.raw() for buffer in self._picked)

    @property
    def roots(self) -> set[str]:
        """Top-level packages of all types met; ``__main__`` for a class from a cell."""
        return {library_of(kind) for kind in self.kinds} - {""} | self._local

    @property
    def _local(self) -> set[str]:
        return {"__main__"} if any(self._code.is_local(kind) for kind in self.kinds) else set()

    def reducer_override(self, obj: Any) -> Any:
        """How to reduce what pickle cannot do by itself; NotImplemented for the rest."""
        kind = type(obj)
        if kind in self._as_they_are:
            return NotImplemented
        if kind is types.FunctionType:
            is_there = id(obj) not in self._made_here
            return self._code_object(partial(code_.reduce_function, is_there=is_there), obj)
        if is_a(obj, type):
            return self._code_object(code_.reduce_class, obj)
        if not library_of(kind).startswith("_cython_"):  # a function of a compiled module
            self.kinds.add(kind)
        if is_value_type(kind):
            self._as_they_are.add(kind)
            return NotImplemented
        if len(self.reduced) < _MOST_REDUCED and not self._keeps_all(kind):
            self.reduced.append(obj)
        reduce = _REDUCERS.get(kind)
        if reduce is not None:
            return self._code_object(lambda it, _: reduce(it), obj)
        why = refusal(obj) or self._frees(kind)
        if why:
            raise Refusal(why)
        if self._is_simple(kind):
            self._as_they_are.add(kind)
            return NotImplemented
        if is_closed_file(obj):
            return code_.make_closed_file, facts_of_closed(obj)
        if (facts := facts_of_ended(obj)) is not None:
            return make_ended, facts
        if kind.__name__ == "finfo" and kind.__module__ == "numpy":
            return kind, (obj.dtype,)  # numpy's own way makes what cannot be loaded
        if kind.__name__ in ("Random", "RandomState") and (library := shared_by(obj)):
            return import_shared, (library,)
        if is_a(obj, dict) and code_.is_own_namespace(obj):
            return code_.reduce_own_namespace(obj)
        if attributes := attributes_left_out(obj):
            return code_.reduce_with(attributes, obj)
        if kind is re.Match:
            return self._code_object(lambda it, _: reduce_match(it, self._searches), obj)
        return self._of_library(obj, kind, library_of(kind))

    def _of_library(self, obj: Any, kind: type, root: str) -> Any:
        """How to reduce an object of this package; NotImplemented for most."""
        if root == "numpy":
            return self._array(obj)
        if hasattr(kind, "_internal_names_set"):
            return reduce_table(obj)
        if hasattr(kind, "_typ"):
            return reduce_index(obj)
        if root == "matplotlib":
            return self._code_object(lambda it, _: reduce_drawn(it), obj)
        if root == "sklearn" and kind.__name__ == "Bunch":
            return code_.reduce_with_attributes(obj)
        if is_of_file(obj):
            return self._code_object(lambda it, _: reduce_image(it), obj)
        if root in ("plotly", "_plotly_utils"):
            return reduce_plotly(obj)
        if is_tree(obj):
            return copyreg.__newobj__, (kind,), state_with(obj, array_in(obj))  # type: ignore[attr-defined]
        if root == "torch":
            return reduce_tensor(obj, self._memories)
        if is_a(obj, BaseException):
            return reduce_error(obj)
        if root == "IPython" and kind.__name__ == "DisplayHandle":
            return make_handle, (kind, kept_state(obj))
        if (found := name_of(obj)) is not None:
            return reduce_named(found)
        if is_by_attributes(kind):
            return code_.by_attributes(obj, dict(vars(obj)))
        if root == "patsy" and (numpy := sys.modules.get("numpy")) and is_a(obj, numpy.ndarray):
            return reduce_with_view(obj)
        return reduce_field(obj) if root == "dataclasses" else reduce_argparse(obj)

    def _keeps_all(self, kind: type) -> bool:
        if (known := self._whole.get(kind)) is None:
            known = self._whole[kind] = keeps_all(kind)
        return known

    def _is_simple(self, kind: type) -> bool:
        if (known := self._simple.get(kind)) is None:
            known = self._simple[kind] = self._keeps_all(kind) and _is_simple(kind)
        return known

    def _frees(self, kind: type) -> str:
        """Why an instance of this class has no copy: dropped, it would free what this one holds."""
        ends = getattr(kind, "__del__", None)
        is_own = type(ends) is types.FunctionType and self._code.is_local(ends)
        return "has a __del__, which a copy of it would run, too" if is_own else ""

    def _code_object(self, reduce: Callable[[Any, CodeDigests], Any], obj: Any) -> Any:
        try:
            return reduce(obj, self._code)
        except LookupError as error:
            raise Refusal(str(error)) from error

    def _array(self, obj: Any) -> Any:
        numpy = sys.modules["numpy"]
        if is_a(obj, numpy.memmap) and getattr(obj, "_mmap", None) is not None:
            raise Refusal("is a memmap, which lives in its file")
        if type(obj) is not numpy.ndarray:
            return reduce_row(obj) if is_a(obj, numpy.void) else reduce_masked(obj)
        owner = self._views.get(id(obj))
        if owner is not None and (seen := reduce_view(obj, owner)) is not NotImplemented:
            return seen
        return NotImplemented if obj.flags.forc else reduce_spread(obj)


def _is_simple(kind: type) -> bool:
    """Whether nothing that is told of single objects below concerns those of this class: it and all
    that it is made of is the user's, or it is a part of a figure of matplotlib."""
    if not is_never_refused(kind) or may_be_over(kind) or issubclass(kind, dict):
        return False
    bases = kind.__mro__[:-1]
    if library_of(kind) == "matplotlib":
        return not is_drawn_apart(kind)
    return all(is_local_module(base.__module__) for base in bases)


def make_ended(name: str, *facts: Any) -> Any:
    """Something that is over; what makes it needs modules that few values need."""
    from zenbook.world.codec_ended import made

    return made(name, *facts)


_REDUCERS: dict[type, Callable[[Any], Any]] = {
    types.ModuleType: code_.reduce_module,
    types.CodeType: code_.reduce_code,
    types.CellType: code_.reduce_cell,
    types.MappingProxyType: code_.reduce_mapping_proxy,
    staticmethod: code_.reduce_wrapper,
    classmethod: code_.reduce_wrapper,
    property: code_.reduce_property,
    Named: reduce_named,
    Matches: reduce_matches,
    **dict.fromkeys(VIEWS, lambda view: (VIEWS[type(view)], (dictionary_of(view),))),
}
