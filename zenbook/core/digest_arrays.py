"""Descriptions of numpy values: by dtype, shape and the bytes of the elements, hashed in place.

The bytes are those of the array in C order, whatever its layout. A C-contiguous array is hashed
without a copy; any other is copied into C order by and by, in chunks that fit the processor's
cache, a matrix in Fortran order tile by tile. Bytes that are no part of the value (padding
between the fields of a record, six unused bytes of each ``longdouble``) differ from run to run
and are left out.

Turning a matrix takes four times as long as hashing it (128 MB: 14 to 30 ms by tiles, where
numpy takes 30 to 120 and xxh3-128 4), and no order of bytes exists that both layouts have. So what
was turned is remembered by the digest of its bytes as they lie: the same matrix, or an equal one
in the same layout, is told at full speed when it is met again, as an input of the next step, or
after the step to see whether it was changed.

Rejected: a digest of sums that do not depend on the order (numpy needs several passes, each slower
than turning); the digest of whichever layout there is (equal arrays would have two).
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128, xxh3_128_hexdigest

from zenbook.core.closure_origin import is_local_module
from zenbook.core.digest_stream import Describers, Description
from zenbook.core.kinds import held_by_name
from zenbook.errors import NotDigestible

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_CHUNK = 1 << 19
"""Bytes copied at once: half a typical second-level cache."""
_TILE = 64
"""Rows and columns turned at once."""
_MOST_TURNED = 1 << 23
"""Bytes of turned rows held at once."""
_WORTH_REMEMBERING = 1 << 20
_MOST_REMEMBERED = 4096
_turned: dict[tuple[object, ...], str] = {}
"""Digests of arrays in C order, by layout and by the digest of their bytes as they lie."""
_EXTENDED = {"f": 10, "c": 10}


def _numpy() -> Any:
    numpy: Any = sys.modules["numpy"]
    return numpy


def array(value: Any, digester: Digester) -> Description:
    """An ``ndarray`` or one of its subclasses."""
    numpy = _numpy()
    if type(value) is numpy.ndarray:
        return "ndarray", *_plain(value)
    base = value.view(numpy.ndarray)
    return "array", digester.class_token(type(value)), *_plain(base), _extras(value)


def _plain(value: Any) -> Description:
    dtype = value.dtype
    if dtype.names is not None:
        fields = tuple((name, *_plain(value[name])) for name in dtype.names)
        return repr(dtype), value.shape, fields
    if dtype.hasobject:
        return repr(dtype), value.shape, value.ravel().tolist()
    return dtype_token(dtype), value.shape, elements(value)


def dtype_token(dtype: Any) -> str:
    """A short text that names the dtype and its byte order."""
    return str(dtype.str) if dtype.metadata is None else f"{dtype.str}{sorted(dtype.metadata)}"


def elements(value: Any) -> str:
    """The digest of an array's elements in C order."""
    if value.dtype.kind in _EXTENDED and value.dtype.itemsize in (16, 32) and _is_padded(value):
        return _padded(value)
    if value.flags.c_contiguous:
        return xxh3_128_hexdigest(_bytes(value))
    lying = _as_it_lies(value) if value.nbytes >= _WORTH_REMEMBERING else None
    if lying is None:
        return _brought_into_order(value)
    known = (value.strides, value.shape, value.dtype.itemsize, xxh3_128_hexdigest(_bytes(lying)))
    digest = _turned.get(known)
    if digest is None:
        digest = _brought_into_order(value)
        if len(_turned) >= _MOST_REMEMBERED:
            _turned.clear()
        _turned[known] = digest
    return digest


def _as_it_lies(value: Any) -> Any:
    """The array with its axes in the order they have in memory; None if it has gaps."""
    axes = sorted(range(value.ndim), key=lambda axis: -value.strides[axis])
    lying = value.transpose(axes)
    return lying if lying.flags.c_contiguous else None


def _brought_into_order(value: Any) -> str:
    hasher = xxh3_128()
    in_c_order(value, lambda chunk: hasher.update(_bytes(chunk)))
    return hasher.hexdigest()


def _bytes(value: Any) -> Any:
    return value.reshape(-1).view("u1")


def _is_padded(value: Any) -> bool:
    """Whether the elements are 80-bit floats in 128 bits."""
    kind = "longdouble" if value.dtype.kind == "f" else "clongdouble"
    numpy = _numpy()
    return bool(
        value.dtype.itemsize == numpy.dtype(kind).itemsize and numpy.finfo("longdouble").nmant == 63
    )


def _padded(value: Any) -> str:
    raw = _numpy().ascontiguousarray(value).reshape(-1).view("u1").reshape(-1, 16)
    return xxh3_128_hexdigest(raw[:, :10].tobytes())


def in_c_order(value: Any, use: Callable[[Any], object]) -> None:
    """Hand over the array as C-contiguous chunks, in C order."""
    if value.nbytes <= _CHUNK or value.ndim == 0:
        use(value.copy(order="C"))
        return
    row = value[:1].nbytes
    if value.ndim == 2 and value.flags.f_contiguous and row * _TILE <= _MOST_TURNED:
        _by_tiles(value, max(_TILE, _CHUNK // row), use)
        return
    if row > _CHUNK:
        for part in value:
            in_c_order(part, use)
        return
    rows = max(1, _CHUNK // row)
    for start in range(0, len(value), rows):
        use(value[start : start + rows].copy(order="C"))


def _by_tiles(value: Any, rows: int, use: Callable[[Any], object]) -> None:
    """Hand over these many rows at a time of a matrix in Fortran order."""
    columns = value.shape[1]
    turned = _numpy().empty((rows, columns), value.dtype)
    for start in range(0, len(value), rows):
        part = value[start : start + rows]
        for left in range(0, columns, _TILE):
            turned[: len(part), left : left + _TILE] = part[:, left : left + _TILE]
        use(turned[: len(part)])


def _extras(value: Any) -> Any:
    numpy = _numpy()
    if isinstance(value, numpy.ma.MaskedArray):
        filling = value._fill_value  # numpy would remember that its own name was asked for
        return value.mask, filling, bool(value.hardmask)  # without a mask: one False
    if isinstance(value, numpy.memmap):
        _refuse_deleted(value)
        return None
    state = getattr(value, "__dict__", None)
    return dict(state) if state else None


def _refuse_deleted(value: Any) -> None:
    name = getattr(value, "filename", None)
    if value.base is not None and name is not None and not os.path.exists(name):
        raise NotDigestible("is a memmap whose file is deleted")


def scalar(value: Any, digester: Digester) -> Description:
    """A numpy scalar such as ``np.float64(1.0)``; never equal to a Python one."""
    return "scalar", *_plain(_numpy().asarray(value))


def dtype(value: Any, digester: Digester) -> Description:
    """A dtype."""
    return "dtype", repr(value), dict(value.metadata) if value.metadata else None


def ufunc(value: Any, digester: Digester) -> Description:
    """A ufunc by its name in numpy or another library; one that ``np.frompyfunc`` has made by what
    it was made of."""
    name: str = value.__name__
    if vars(_numpy()).get(name) is value:
        return "ufunc", name
    if made_of := [held for held in gc.get_referents(value) if callable(held)]:
        return "ufunc of", value.nin, value.nout, value.identity, made_of
    homes = [home for home in list(sys.modules) if _is_compiled_home(home, name, value)]
    if not homes:
        raise NotDigestible("is a ufunc that no library has a name for")
    return "ufunc", digester.installed(min(homes), name)


def _is_compiled_home(home: str, name: str, value: Any) -> bool:
    """Whether this is a compiled module of a library that has this value by this name: modules that
    import it from there may be loaded or not."""
    held = held_by_name(sys.modules.get(home)) or {}
    is_compiled = not str(held.get("__file__", ".py")).endswith(".py")
    return held.get(name) is value and is_compiled and not is_local_module(home)


DESCRIBERS: Describers = {"ndarray": array, "generic": scalar, "dtype": dtype, "ufunc": ufunc}
