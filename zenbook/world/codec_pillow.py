"""Pillow's images of files, as they are kept: by all that is in the file, and what was asked of it.

Pickle keeps the pixels of such an image, and makes an object of its class that has no file, frames
or tags, and fails whoever asks for them. So it is made again by opening what it was opened from,
going to its frame and reading it; what is not the same then was changed by somebody, and is
refused.
"""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any

from zenbook.core.digest import fingerprint
from zenbook.core.digest_pillow import content_of, file_behind
from zenbook.core.refused import COPY_IT, IMAGE_OF_FILE
from zenbook.errors import NotDigestible

_REFUSED = f"{IMAGE_OF_FILE}: {COPY_IT}"


def reduce_image(image: Any) -> Any:
    """An image that was read, by the content of its file. Raises LookupError if that gives another
    one."""
    try:
        facts = (_content(image), image.filename, image.tell(), bool(image._exclusive_fp))
        known = fingerprint(image)
        for asked in (False, True):
            if fingerprint(made_image(*facts, asked)) == known:
                return made_image, (*facts, asked)
    except (AttributeError, EOFError, NotDigestible, OSError, SyntaxError, ValueError) as error:
        raise LookupError(_REFUSED) from error
    raise LookupError(_REFUSED)


def made_image(content: bytes, filename: Any, frame: int, is_exclusive: bool, asked: bool) -> Any:
    """The image in such a file, at this frame, as it is once it was read and, if it is ``asked``
    for that, has told its Exif tags. Raises what Pillow raises."""
    pillow: Any = sys.modules["PIL.Image"]
    image = pillow.open(BytesIO(content))
    image.filename, image._exclusive_fp = filename, is_exclusive
    if frame:
        image.seek(frame)
    image.load()
    if asked:
        image.getexif()
    return image


def _content(image: Any) -> bytes:
    if (file := file_behind(image)) is not None:
        return content_of(file)
    with open(image.filename, "rb") as named:
        return named.read()
