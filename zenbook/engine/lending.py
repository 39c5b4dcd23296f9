"""Objects that a step's outputs share with what its functions use: globals, defaults, closures.

``def columns(): return COLUMNS`` hands out the very list, and so does a method that returns a part
of a class's table. Those values are no inputs, but are found anew by the walk over the used code
before each hit; so they lend their parts to loaded outputs as inputs do
(:mod:`zenbook.engine.sharing`), under their labels with a mark before them.

What the step itself defines, or imports inside a body, lends its parts as well, once it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zenbook.engine.desk import Desk
from zenbook.engine.identify import Identity
from zenbook.engine.imports import imported_now
from zenbook.engine.reach import Reach
from zenbook.engine.sharing import Inseparable, Link, are_lent, held_in, links_of, relink
from zenbook.engine.tying import tie
from zenbook.model import Call

_MARK = "use "
"""What stands before the label of a used value in a link."""
_Used = Mapping[str, Any]
"""Values by label."""


def used_after(
    identity: Identity, call: Call, desk: Desk, outputs: Mapping[str, Any]
) -> dict[str, Any]:
    """What the code uses, and what it imports and defines, which is there by now. A global that
    what it defines reads, and that the step itself gives, lends nothing."""
    own = desk.code.defined(call.made, call.namespace)
    lasting = {name: value for name, value in own.items() if name.partition("#")[0] not in outputs}
    closures = desk.code.closures(call.code, call.namespace)
    return {**closures, **lasting, **imported_now(call, desk), **identity.used}


def lenders(used: _Used) -> dict[str, Any]:
    """The used values by the names that links give them."""
    return {f"{_MARK}{label}": value for label, value in used.items()}


def lent(
    outputs: Mapping[str, Any], inputs: Mapping[str, Any], used: _Used, made: Reach
) -> list[Link]:
    """Where outputs hold parts of used values and of no input; ``made`` is what they hold, if not
    more. Raises Inseparable."""
    lending = Reach(used.values())
    if not (made.shares(lending) or are_lent(lending, made)):
        return []
    known = held_in(lenders(used))
    if not known:
        return []
    known |= held_in(inputs)
    found = (link for name, value in outputs.items() for link in links_of(name, value, known))
    return [link for link in found if is_lent(link)]


def is_lent(link: Link) -> bool:
    """Whether a link leads to a used value."""
    return link[2].startswith(_MARK)


def lend(
    links: Iterable[Link], outputs: dict[str, Any], identity: Identity, call: Call, desk: Desk
) -> None:
    """Put parts of the used values into loaded outputs. Raises Inseparable."""
    wanted = [link for link in links if is_lent(link) and link[0] in outputs]
    relink(wanted, outputs, _lenders_of(wanted, outputs, identity, call, desk))


def lend_to_changed(
    links: Iterable[Link], changed: dict[str, Any], identity: Identity, call: Call, desk: Desk
) -> None:
    """Put parts of the used values into the loaded contents of inputs that the step changed.

    Raises Inseparable.
    """
    wanted = [link for link in links if is_lent(link) and link[0].startswith("~")]
    if not wanted:
        return
    used = _lenders_of(wanted, changed, identity, call, desk)
    tie(wanted, changed, call.values, lambda _: used, desk.digesting(identity.live))


def _lenders_of(
    wanted: Iterable[Link], outputs: Mapping[str, Any], identity: Identity, call: Call, desk: Desk
) -> dict[str, Any]:
    used, labels = lenders(identity.used), {link[2] for link in wanted}
    if not labels <= used.keys():
        used = lenders(used_after(identity, call, desk, outputs))
    if missing := min(labels - used.keys(), default=""):
        raise Inseparable(f"{missing.removeprefix(_MARK)}, which it hands on, is not there")
    return used
