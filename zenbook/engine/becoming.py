"""Which objects a hit can give their later content, so that all who hold them see it."""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict, defaultdict, deque
from enum import Enum
from types import SimpleNamespace
from typing import Any

from zenbook.core.digest_pillow import is_of_file
from zenbook.core.kinds import is_a
from zenbook.core.left_out import keeps_all
from zenbook.engine.frames import is_frame, writes_through
from zenbook.engine.in_place import fills_alike, is_another_generator, is_generator
from zenbook.engine.memory import is_writeable
from zenbook.engine.part_kinds import is_element, is_plain, is_row
from zenbook.engine.rows import can_become as row_can_become
from zenbook.engine.tensors import is_tensor


def can_become_within(old: Any, new: Any) -> bool:
    """Whether a part of something can: other frames may look into the memory of a frame."""
    if is_frame(old) and writes_through():
        return False
    return keeps_all(type(old)) and can_become(old, new)


def _is_whole_element(value: Any) -> bool:
    """Whether it is an element of ``xml.etree`` and has no attributes of another kind."""
    return is_element(value) and type(value).__module__ == "xml.etree.ElementTree"


def can_become(old: Any, new: Any) -> bool:
    """Whether the object itself can be given the new content, so that every holder sees it."""
    if type(old) is not type(new):
        return False
    if type(old) in (list, dict, set, bytearray, deque, SimpleNamespace) or _is_whole_element(old):
        return True
    if type(old) in (Counter, OrderedDict, defaultdict):
        return fills_alike(old, new)
    if is_of_file(old):
        return True
    if is_generator(old):
        return not is_another_generator(old, new)
    if is_tensor(old):
        same = old.shape == new.shape and old.dtype == new.dtype and old.device == new.device
        return bool(same and old.requires_grad == new.requires_grad)
    if is_row(old):
        return row_can_become(old, new)
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and type(old) is numpy.ndarray:
        can_be_written = is_writeable(old) or (is_writeable(new) and old.flags.owndata)
        return bool(old.shape == new.shape and old.dtype == new.dtype and can_be_written)
    if pandas is not None and type(old) in (pandas.DataFrame, pandas.Series):
        return True
    return is_plain(old) and not is_a(old, Enum)  # a member is what it is for all who name it
