"""Why a step must run: the difference of two part lists, told to people.

There is one comparison, :func:`changes_between`; the cause, the phrase under a cell, the plan,
``zenbook why`` and the diff of two runs are all read off its result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from zenbook.core.looks import MISSING, told_look
from zenbook.core.naming import unnumbered
from zenbook.model import Cause, Change, Kind, Miss, Part, StepRun

_CAUSE_OF: dict[Kind, Cause] = {
    "code": "code changed",
    "use": "use changed",
    "input": "input changed",
    "setting": "setting changed",
    "file": "file changed",
    "variable": "variable changed",
    "random": "random state changed",
    "environment": "environment changed",
}
_RANK: dict[Kind, int] = {kind: rank for rank, kind in enumerate(_CAUSE_OF)}

FIRST_RUN = Miss((), "first run", "first run")
SETTINGS = " settings"
"""The end of the name of a part for a library's settings, that differ from its defaults."""
TWO = "two "
"""The beginning of the name of a part for a class or function that is there twice."""
NOTHING_SET = "none set"
"""How variables are shown of which the program has set none."""
BETWEEN_SETTINGS = "; "
"""What stands between two settings, each ``name=value``, as such a part shows them."""
_SIDE = 24
"""Characters of an old or new value in the one reason that a line tells."""


def changes_between(old: Iterable[Part], new: Iterable[Part]) -> tuple[Change, ...]:
    """What was added, removed or changed from ``old`` to ``new``, most telling first.

    Parts are matched by kind and name; a part that only moved between ``use`` and ``input``
    (a cell and the function exported from it) is no change.
    """
    before = {_slot(part): part for part in old}
    after = {_slot(part): part for part in new}
    changes = [
        Change(before.get(slot), after.get(slot))
        for slot in before.keys() | after.keys()
        if _digest(before.get(slot)) != _digest(after.get(slot))
    ]
    return tuple(sorted(changes, key=_telling_order))


def miss_for(changes: Sequence[Change]) -> Miss:
    """The miss that these changes mean; without any, the result was simply never kept."""
    if not changes:
        return Miss((), "unknowable", "its last result was not kept")
    return Miss(tuple(changes), _CAUSE_OF[changes[0].part.kind], phrase(_shortened(changes[0])))


def miss_after(last: StepRun | None, since: str = "") -> Miss:
    """The miss of a step that no record tells of, by what its last run came to, and ``since``:
    what has changed after it."""
    if last is None:
        return FIRST_RUN
    if last.not_kept:
        return Miss((), "unknowable", f"not kept before: {last.not_kept}")
    if last.status in ("failed", "interrupted"):
        how = "failed" if last.status == "failed" else "was stopped"
        return Miss((), "unknowable", f"its last run {how}; {since}".removesuffix("; "))
    return miss_for(())


def why_beside(not_kept: str, why: str) -> str:
    """The reason that stands beside why nothing was kept: nothing where it is the same."""
    return "" if not_kept and not_kept in why else why


def phrase(change: Change) -> str:
    """One change in a few words: ``gamma 0.0015→0.0016``, ``helper() changed``."""
    part = change.part
    match part.kind:
        case "code":
            return "code changed"
        case "environment" if part.name.endswith(SETTINGS):
            return f"{part.name} changed{_told_setting(change)}"
        case "environment":
            return _moved(change, part.name)
        case "setting" if part.name.startswith("$"):
            return _moved(change, "variables")
        case "setting" if part.name.startswith(TWO):
            return _told_twins(change, part.name.removeprefix(TWO))
        case "file":
            return f"{told_look(part.name)} {_how(change)}"
        case "variable":
            return _moved(change, f"${part.name}")
        case "random":
            return f"random state of {part.name} changed"
        case "input":
            if not _both_shown(change):
                return f"input {part.name} {_how(change)}"
            return _moved(change, part.name)
        case "use":
            return _moved(change, unnumbered(part.name))
        case _:
            return _moved(change, part.name)


def _told_twins(change: Change, name: str) -> str:
    if change.new is None:
        return f"there is one {name} again"
    return f"there are two {name}: it was made again"


def _shortened(change: Change) -> Change:
    """With so much of long values that one sees where they differ."""
    old, new = change.old, change.new
    if old is None or new is None or max(len(old.shown), len(new.shown)) <= _SIDE:
        return change
    pairs = enumerate(zip(old.shown, new.shown, strict=False))
    shorter = min(len(old.shown), len(new.shown))
    same = next((place for place, (a, b) in pairs if a != b), shorter)
    start = same - _SIDE // 3 if same >= _SIDE - 1 else 0
    return Change(*(replace(part, shown=_cut(part.shown, start)) for part in (old, new)))


def _cut(shown: str, start: int) -> str:
    text = "…" + shown[start:].lstrip() if start else shown
    return text if len(text) <= _SIDE else text[: _SIDE - 1] + "…"


def _slot(part: Part) -> tuple[str, str]:
    return ("value" if part.kind in ("use", "input") else part.kind, part.name)


def _digest(part: Part | None) -> str | None:
    return None if part is None else part.digest


def _telling_order(change: Change) -> tuple[int, int, str]:
    old, new = change.old, change.new
    if old is not None and new is not None:
        place = 0
    else:  # that what was not there is no longer looked for tells least
        place = 2 if old is not None and old.digest == MISSING else 1
    return (_RANK[change.part.kind], place, change.part.name)


def _both_shown(change: Change) -> bool:
    return bool(
        change.old
        and change.new
        and change.old.shown
        and change.new.shown
        and change.old.shown != change.new.shown
    )


def _told_setting(change: Change) -> str:
    """The first of a library's settings that changed, where they are told: ``: precision 3→4``.
    Those at their defaults are not among them, and all of them make no part."""
    old, new = (dict(_settings_of(part)) for part in (change.old, change.new))
    untold = any(part and not part.shown for part in (change.old, change.new))
    name = next((name for name in (*new, *old) if old.get(name) != new.get(name)), "")
    if untold or not name:
        return ""
    was, now = (_cut(told.get(name, "default"), 0) for told in (old, new))
    return f": {name} {was}→{now}"


def _settings_of(part: Part | None) -> Iterator[tuple[str, str]]:
    for said in part.shown.split(BETWEEN_SETTINGS) if part is not None else ():
        name, _, value = said.partition("=")
        yield name, value


def _moved(change: Change, name: str) -> str:
    if _both_shown(change) and change.old and change.new:
        return f"{name} {change.old.shown}→{change.new.shown}"
    return f"{name} {_how(change)}"


def _how(change: Change) -> str:
    if change.new is None:
        return "is no longer used"
    if change.old is None and change.new.digest == MISSING:
        return "is missing"
    if change.old is None or change.old.digest == MISSING:
        return "appeared" if change.part.kind in ("file", "variable") else "is new"
    if change.new.digest == MISSING:
        return "is gone"
    return "changed"
