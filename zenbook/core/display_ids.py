"""Ids of displays: the one that is kept, and the one under which a hit shows the display again.

IPython makes up an id for ``display(x, display_id=True)``. A hit shows that display under a fresh
id, so that no cell updates what another one shows. Who refers to the display, such as a handle that
comes with the result, or a later step that updates it, means what is shown now. So records and
keys hold the id under which a display was recorded first, and here stands which one of this
process it is now. An id that the user has chosen is always itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from zenbook.core.digest_stream import Describers, Description

if TYPE_CHECKING:
    from zenbook.core.digest import Digester

_MADE_UP = re.compile("[0-9a-f]{32}")
_kept: dict[str, str] = {}
"""Ids of this process with the ones that records hold."""
_now: dict[str, str] = {}
"""Ids that records hold with the one that was shown last."""
_loaded: dict[str, WeakSet[Any]] = {}
"""Handles that wait for their display to be shown."""


def kept(display_id: str) -> str:
    """The id that a record holds for a display of this process."""
    return _kept.get(display_id, display_id)


def shown_now(kept_id: str) -> str:
    """The id under which a recorded display was shown last in this process."""
    return _now.get(kept_id, kept_id)


def renew(kept_id: str, fresh: str) -> None:
    """Show a recorded display under a fresh id from now on, unless the user has chosen its own; its
    loaded handles get the fresh one, too."""
    if not _MADE_UP.fullmatch(kept_id):
        return
    _now[kept_id] = fresh
    _kept[fresh] = kept_id
    for handle in _loaded.pop(kept_id, ()):
        handle.display_id = fresh


def make_handle(kind: type, state: Mapping[str, Any]) -> Any:
    """The handle of a recorded display."""
    handle: Any = object.__new__(kind)
    vars(handle).update(state)
    kept_id = handle.display_id
    handle.display_id = shown_now(kept_id)
    _loaded.setdefault(kept_id, WeakSet()).add(handle)
    return handle


def kept_state(handle: Any) -> dict[str, Any]:
    """A handle's attributes, with the id that a record holds."""
    return {**vars(handle), "display_id": kept(str(handle.display_id))}


def _handle(value: Any, digester: Digester) -> Description:
    return "handle", digester.class_token(type(value)), kept_state(value)


DESCRIBERS: Describers = {"DisplayHandle": _handle}
