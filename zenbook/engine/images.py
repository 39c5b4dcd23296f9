"""The memory of an image of Pillow's that it has not made itself.

``Image.fromarray(a)`` looks into the memory of ``a`` where the bytes lie as Pillow wants them, and
takes a copy before it is drawn on.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from zenbook.core.kinds import is_a
from zenbook.core.refused import refusal


class _Exported(ctypes.Structure):
    """What Arrow's C interface tells of an array."""


_Exported._fields_ = [
    *((name, ctypes.c_int64) for name in ("length", "nulls", "offset", "buffered", "nested")),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Exported))),
]


class _Bytes:
    """Bytes of an image where they are, for numpy; they are there as long as this is."""

    def __init__(self, image: Any, address: int, size: int) -> None:
        self._image = image
        self.__array_interface__ = {
            "shape": (size,),
            "typestr": "|u1",
            "data": (address, True),
            "version": 3,
        }


def image_memory(value: Any) -> Any:
    """The bytes of an image in a memory that is not its own; None for anything else."""
    module: Any = sys.modules.get("PIL.Image")
    if module is None or not is_a(value, module.Image) or not value.readonly or refusal(value):
        return None
    if not hasattr(value, "__arrow_c_array__"):
        return None  # nobody can say where it is
    from numpy import asarray

    address, size = _place_of(value)
    return asarray(_Bytes(value, address, size)) if address and size else None


def _place_of(image: Any) -> tuple[int, int]:
    try:
        _, capsule = image.__arrow_c_array__()
    except (ValueError, MemoryError):  # of a mode that Arrow has no name for
        return 0, 0
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    told = _Exported.from_address(int(pointer(capsule, b"arrow_array")))
    if told.nested:
        told = told.children[0].contents
    bands = 1 if len(image.getbands()) == 1 else 4
    return int(told.buffers[told.buffered - 1] or 0), image.width * image.height * bands


def image_with(value: Any, array: Any) -> Any:
    """This image in the memory of another array. Raises TypeError if that cannot be."""
    module: Any = sys.modules["PIL.Image"]
    bands = len(value.getbands())
    shape = (value.height, value.width) if bands == 1 else (value.height, value.width, bands)
    made = module.fromarray(array.view("u1").reshape(shape))
    if made.mode != value.mode or not made.readonly:
        raise TypeError("an image of this kind cannot be made in another memory")
    value.im, value.readonly = made.im, made.readonly
    return value
