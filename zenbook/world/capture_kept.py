"""What is kept of the displays of a step: neighbouring texts joined, secrets masked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zenbook.core.masking import mask, secrets_in

Event = Mapping[str, Any]


def tidied(made: Sequence[tuple[str, Any]]) -> Iterator[Event]:
    """Join neighbouring texts of a stream and mask secrets, also ones split over two writes."""
    secrets = secrets_in(os.environ)
    name, chunks = "", list[str]()
    for next_name, content in [*made, ("", None)]:
        if chunks and next_name != name:
            yield {"kind": "stream", "name": name, "text": mask("".join(chunks), secrets)}
            chunks = []
        name = next_name
        if name:
            chunks.append(content)
        elif content is not None:
            yield (
                {**content, "data": _masked(content["data"], secrets)}
                if ("data" in content)
                else content
            )


def _masked(content: Any, secrets: Sequence[str]) -> Any:
    """A mime bundle with secrets masked in its texts; pictures are left as they are."""
    if isinstance(content, dict):
        return {
            key: value if key.startswith("image/") and "svg" not in key else _masked(value, secrets)
            for key, value in content.items()
        }
    if isinstance(content, list):
        return [_masked(item, secrets) for item in content]
    return mask(content, secrets) if isinstance(content, str) else content
