"""A scenario: a small program, an edit of it, and what must happen to its result.

``RERUN``: the edit changes the result, so a hit would be stale. ``REUSE``: nothing that matters
changed, so no step may run. ``RIGHT``: only the result counts. The truth is measured, not
declared: the same program is played without any cache.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Truth = Literal["RERUN", "REUSE", "RIGHT"]
Edit = str | bytes | Sequence[tuple[str, str]] | None


@dataclass(frozen=True)
class Scenario:
    """Files before, files after, and under which circumstances each is played."""

    name: str
    truth: Truth
    before: Mapping[str, str]
    after: Mapping[str, str]
    soft: bool = False
    """A needless run is no fault here: a reasonable reader may disagree."""
    env1: Mapping[str, str | None] = field(default_factory=dict)
    env2: Mapping[str, str | None] = field(default_factory=dict)
    cwd1: str = ""
    cwd2: str = ""
    touch: Sequence[str] = ()
    damage: str = ""
    parallel: int = 1
    kill: bool = False
    control: bool = True


SCENARIOS: list[Scenario] = []


def S(
    name: str,
    truth: Truth,
    program: str,
    edits: Edit = None,
    files: Mapping[str, str] | None = None,
    files2: Mapping[str, Edit] | None = None,
    **circumstances: Any,
) -> None:
    """Add a scenario: the program, its edits, its other files, and their edits."""
    before = {"prog.py": _program(program)}
    before |= {path: _text(text) for path, text in (files or {}).items()}
    changes: dict[str, Edit] = dict(files2 or {})
    if edits is not None:
        changes["prog.py"] = _program(edits) if isinstance(edits, str) else edits
    after = {**before, **{path: _edited(before.get(path, ""), c) for path, c in changes.items()}}
    kept = {path: text for path, text in after.items() if text is not None}
    SCENARIOS.append(Scenario(name, truth, before, kept, **circumstances))


def _program(text: str) -> str:
    return "from adapter import step\n" + _text(text)


def _text(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def _edited(text: str, edit: Edit) -> Any:
    if edit is None:
        return None
    if isinstance(edit, (str, bytes)):
        return _text(edit) if isinstance(edit, str) else edit
    for old, new in edit:
        assert old in text, (old, text)
        text = text.replace(old, new)
    return text
