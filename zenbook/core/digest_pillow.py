"""The description of Pillow's images of files.

Such an image tells more than its pixels: tags, quantization tables, texts and further frames, some
of which are read from the file only when somebody asks. To ask for its pixels, too, is to read it,
after which ``verify()`` and ``draft()`` are no longer to be had. So it is asked for nothing:
described is what it holds in memory and, as long as it has its file open, all that is in there. An
image that has been read is another one than before.
"""

from __future__ import annotations

import sys
from typing import Any

from zenbook.core.digest_stream import Describers, Description
from zenbook.core.kinds import held_by_name, is_a
from zenbook.core.refused import IMAGE_OF_FILE
from zenbook.errors import NotDigestible

_HOW_IT_WAS_READ = frozenset(
    [
        *("_close_exclusive_fp_after_loading", "_exclusive_fp", "_readonly", "decodermaxblock"),
        *("map", "readonly"),
    ]
)
_TOLD_BY_FILE = frozenset({"_is_animated", "_n_frames"})
"""What an image works out when it is asked, and can work out again from its open file."""
_MET = "met"


def is_of_file(value: Any) -> bool:
    """Whether it is an image that Pillow has opened, and no copy of one."""
    module: Any = sys.modules.get("PIL.ImageFile")
    return module is not None and is_a(value, module.ImageFile)


def file_behind(image: Any) -> Any:
    """The file that an image has open; None if it is closed, or was read and let go."""
    own = (held_by_name(image) or {}).values()
    return next((held for held in own if _is_file(held) and not _is_closed(held)), None)


def content_of(file: Any) -> bytes:
    """All that an open file holds, which stays at its place. Raises NotDigestible."""
    try:
        place = file.tell()
        try:
            file.seek(0)
            return bytes(file.read())
        finally:
            file.seek(place)
    except (AttributeError, OSError, TypeError, ValueError) as error:
        raise NotDigestible(f"is an image whose file cannot be read ({error})") from error


def _image(value: Any, digester: Any) -> Description:
    return "image of a file", digester.class_token(type(value)), _Teller().image(value)


class _Teller:
    """Says in builtin values what an image holds, and what Pillow's own parts of it hold."""

    def __init__(self) -> None:
        self._met: dict[int, Any] = {}

    def image(self, image: Any) -> dict[str, Any]:
        """What an image holds, by name."""
        own = held_by_name(image) or {}
        aside = _HOW_IT_WAS_READ
        if file_behind(image) is not None:
            aside |= _TOLD_BY_FILE | _decoders(own)
        elif own.get("n_frames") == 1:
            aside |= _decoders(own)
        elif _decoders(own):
            raise NotDigestible(IMAGE_OF_FILE)
        told = {name: self._told(held) for name, held in own.items() if name not in aside}
        return {name: held for name, held in told.items() if held is not None}

    def _told(self, held: Any) -> Any:
        kind = type(held)
        if kind in (list, tuple):
            return [kind.__name__, *map(self._told, held)]
        if kind is dict:
            return {name: self._told(part) for name, part in held.items()}
        if _is_file(held):
            return self._once(held, content_of) if not _is_closed(held) else None
        if kind.__name__ == "ImagingCore":
            return self._once(held, _pixels)
        if not str(kind.__module__).startswith("PIL."):
            return held
        return self._once(held, self._part)

    def _part(self, held: Any) -> Any:
        kind = type(held)
        if kind.__name__ == "ImagePalette":
            return kind.__name__, held.mode, held.rawmode, bytes(held.palette or b"")
        if kind.__name__.startswith("ImageFileDirectory_v"):  # unpacks a tag when it is asked for
            return kind.__name__, self._told(dict(held)), self._told(dict(held.tagtype))
        if is_of_file(held):
            return kind.__name__, self.image(held)
        own = held_by_name(held)
        return held if type(own) is not dict or not own else (kind.__name__, self._told(own))

    def _once(self, held: Any, tell: Any) -> Any:
        if id(held) not in self._met:
            self._met[id(held)] = _MET
            self._met[id(held)] = tell(held)
        return self._met[id(held)]


def _is_file(held: Any) -> bool:
    return all(callable(getattr(type(held), name, None)) for name in ("read", "seek", "tell"))


def _is_closed(file: Any) -> bool:
    return bool(getattr(file, "closed", False))


def _decoders(own: dict[str, Any]) -> frozenset[str]:
    """Names of what hands out an image's frames in compiled code, and tells nothing itself."""
    return frozenset(n for n, held in own.items() if type(held).__name__.endswith("Decoder"))


def _pixels(core: Any) -> tuple[str, tuple[int, ...], bytes]:
    """What is in the memory of an image, which this does not read from its file."""
    pillow: Any = sys.modules["PIL.Image"]
    return core.mode, core.size, pillow.Image()._new(core).tobytes()


DESCRIBERS: Describers = {"ImageFile": _image}
