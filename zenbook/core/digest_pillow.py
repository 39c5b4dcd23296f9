"""The description of Pillow's images that are opened and not read yet.

To ask such an image for its pixels is to read it, after which ``verify()`` and ``draft()`` are no
longer to be had. So what is described is another image of the same file.
"""

from __future__ import annotations

import sys
from io import BytesIO
from typing import Any

from zenbook.core.digest_stream import Describers, Description
from zenbook.errors import NotDigestible


def _image(value: Any, digester: Any) -> Description:
    from zenbook.core.digest_values import reduced

    return reduced(_as_read(value) if value.tile else value, digester)


def _as_read(image: Any) -> Any:
    """What the image will be once it is read, which it is not by this."""
    pillow: Any = sys.modules["PIL.Image"]
    try:
        place = image.fp.tell()
        image.fp.seek(0)
        content = image.fp.read()
        image.fp.seek(place)
        again = pillow.open(BytesIO(content))
        again.seek(image.tell())
        again.filename = image.filename
    except (AttributeError, OSError, ValueError) as error:
        raise NotDigestible(f"is an image that cannot be read ({error})") from error
    if again.tile != image.tile:
        raise NotDigestible("is an image that is about to be read in part")
    again.load()
    return again


DESCRIBERS: Describers = {"ImageFile": _image}
