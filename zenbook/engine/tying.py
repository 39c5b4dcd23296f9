"""What a step put into an input: another input, a part of it, a window into its memory.

After ``results["model"] = model`` the dictionary holds the very model. The dictionary's later
content is kept with a copy of it, so where it holds what another input holds too, both paths are
kept, and on a hit the notebook's own object is put there again, as for outputs
(:mod:`zenbook.engine.sharing`). So are arrays in such contents that look into each other's memory.

Whether it was the step that put it there, or whether it was there before, cannot be seen from
these paths. It matters only where the notebook's input holds an equal object at that place that is
not the same one: then the step runs. What both inputs hold that changed is kept twice, and is one
object in both of their later contents.

A step may also put an equal object in the place of a part, as ``d["k"] = list(d["k"])`` does: such
places are kept, too, for there a hit must not leave the part that was there; or, where the input
as a whole is equal to what it was, may leave it only if nobody else holds it
(:mod:`zenbook.engine.holders`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from zenbook.core.closure_trace import MISSING
from zenbook.engine.adopting import from_later
from zenbook.engine.others import share_memory
from zenbook.engine.parts import Path
from zenbook.engine.paths import follow, found
from zenbook.engine.sharing import Inseparable, Known, Link, held_in, links_of, relink
from zenbook.engine.windows import windows


def ties(
    changed: Mapping[str, Any], inputs: Mapping[str, Any], used: Mapping[str, Any]
) -> list[Link]:
    """Where inputs that a step changed hold other inputs now, or used values by the names that
    links give these, or look into the same memory.

    What two of the changed ones hold is one of the first's, which is not itself linked to the
    second's. Raises Inseparable for what no link can say.
    """
    found: list[Link] = []
    roots = {id(value): value for value in changed.values()}
    staying = {n: held for n, held in {**inputs, **used}.items() if id(held) not in roots}
    known = held_in(staying, stop=roots)
    known.update({id(value): (name, (), value) for name, value in reversed([*changed.items()])})
    contents: dict[int, Known] = {}
    for name, value in changed.items():
        others = (more for number, more in contents.items() if number != id(value))
        around = {number: at for more in others for number, at in more.items()} | known
        del around[id(value)]
        found += links_of(name, value, around, inside=True)
        held = held_in({name: value}, stop=around)
        contents.setdefault(id(value), {n: at for n, at in held.items() if n not in around})
    return [(f"~{link[0]}", *link[1:]) for link in (*found, *windows(changed, found))]


def exchange(name: str, path: Path) -> Link:
    """Say of an input that another object stands at this place than before."""
    return f"~{name}", path, "", (), None


def exchanged(tied: Iterable[Link], name: str) -> frozenset[Path]:
    """The places in an input where another object stands than before."""
    return frozenset(link[1] for link in tied if link[0] == f"~{name}" and not link[2])


def tie(
    tied: Iterable[Link],
    changed: dict[str, Any],
    inputs: Mapping[str, Any],
    sources: Callable[[Link], Mapping[str, Any]],
    digest: Callable[[Any], str | None],
) -> None:
    """Put the notebook's own objects into the loaded contents of inputs that the step changed.

    ``sources`` tells where a link's object is found. A way there that leads through an object which
    is about to be given its later content goes on in that. Raises Inseparable.
    """
    for link in tied:
        if not link[0].startswith("~") or not link[2]:
            continue
        name, path = link[0][1:], link[1]
        later = [(inputs.get(each), content) for each, content in changed.items()]
        link, given = from_later(link, sources(link), later)
        relink([(name, *link[1:])], changed, given)
        if any(given.get(link[2]) is content for content in changed.values()):
            continue  # a part of another's later content: whose object it is, is told by what stays
        now, before = follow(changed[name], path), found(inputs.get(name), path)
        if link[2] == name or before is now or before is MISSING or share_memory(before, now):
            continue
        if (known := digest(now)) is None or digest(before) == known:
            raise Inseparable("an input is built otherwise than it was")
