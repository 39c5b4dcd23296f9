"""What is kept of the displays of a step: what output widgets held at last, in its place;
neighbouring texts joined, secrets masked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zenbook.core.masking import mask, secrets_in

Event = Mapping[str, Any]
_SHOWN = ("stream", "display", "result")


def in_place(made: Sequence[tuple[str, Any]]) -> Sequence[tuple[str, Any]]:
    """What was shown, with what widgets took of it as if there were none, without what they no
    longer held at the end."""
    if not any(not name and content["kind"] == "taken" for name, content in made):
        return made
    kept: list[tuple[str, Any] | None] = []
    held: dict[str, list[int]] = {}
    waiting, widget = set[str](), ""
    for name, content in made:
        kind = "stream" if name else content["kind"]
        if kind == "taken":
            widget = content["by"]
            continue
        is_shown = kind in _SHOWN and not (kind == "display" and content["update"])
        if kind == "clear in widget" and content["wait"]:
            waiting.add(widget)
        elif kind == "clear in widget" or (is_shown and widget in waiting):
            waiting.discard(widget)
            for place in held.pop(widget, ()):
                kept[place] = None
        if kind != "clear in widget":
            if is_shown and widget:
                held.setdefault(widget, []).append(len(kept))
            kept.append((name, content))
    return [each for each in kept if each is not None]


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
