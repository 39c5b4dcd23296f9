"""What variables, datasets and trees of xarray hold.

Attributes and encodings that nobody has given one are None until somebody asks for them, as showing
it in a notebook does, and an empty dictionary afterwards, which whoever asked may hold on to. So
they are asked for here: then a step that only looks changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zenbook.core.digest_stream import Describers, Description

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_MADE_WHEN_ASKED_FOR = ("_attrs", "_encoding")


def _holder(value: Any, digester: Digester) -> Description:
    for name in _MADE_WHEN_ASKED_FOR:
        if getattr(value, name, ...) is None:
            setattr(value, name, {})
    return "xarray", digester.class_token(type(value)), value.__getstate__()


DESCRIBERS: Describers = {
    "NamedArray": _holder,
    "Variable": _holder,
    "Dataset": _holder,
    "DataTree": _holder,
}
