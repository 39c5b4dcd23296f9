"""Values that a step reads and that are no reasons, because somebody has said so.

What ``--ignore`` and ``--inputs`` leave out is not looked at before a hit. But what a step changes
in place is a result of it, and depends on what it was before: so these values are looked at before
and after a step that runs. One that was changed is kept, and is a reason after all.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from zenbook.core.kinds import is_a
from zenbook.engine.desk import Desk
from zenbook.engine.identify import Identity
from zenbook.errors import NotDigestible
from zenbook.model import Call, Read, Reference
from zenbook.world.unheard import unheard

_MISSING: Any = object()


@unheard
def noted_before(identity: Identity, values: Mapping[str, Any], call: Call, desk: Desk) -> Identity:
    """With the digests of what is no reason, as it is now that the step is about to run."""
    left_out = {
        name: value
        for name, value in values.items()
        if name in call.vouched or (name in call.options.ignore and _is_plain(value))
    }
    constants = {name: value for name, (value, digest) in identity.constants.items() if not digest}
    if not left_out and not constants:
        return identity
    digests, refused = _digests({**constants, **left_out}, identity, desk)
    return replace(
        identity,
        digests={**identity.digests, **{n: digests[n] for n in left_out if n in digests}},
        constants={
            name: (value, digest or digests.get(name, ""))
            for name, (value, digest) in identity.constants.items()
            if digest or name in digests
        },
        unkept=(
            *identity.unkept,
            *(why for name, why in refused.items() if name not in call.options.ignore),
        ),
    )


def found_changed(changed: Iterable[str], identity: Identity, call: Call) -> Iterator[Read]:
    """What was no reason and was changed in place, as it was before."""
    for name in changed:
        if name in call.vouched or name in call.options.ignore:
            yield Read("input", name, identity.digests[name])


def as_it_is_now(read: Read, call: Call, desk: Desk) -> Read:
    """The value of that name now."""
    value = call.values.get(read.name, _MISSING)
    if type(value) is Reference:
        return Read("input", read.name, value.artifact.digest)
    if value is _MISSING:
        return Read("input", read.name, "missing")
    try:
        return Read("input", read.name, desk.digester(call.body is None).digest(value))
    except NotDigestible:
        return Read("input", read.name, "not digestible")


def _digests(
    values: Mapping[str, Any], identity: Identity, desk: Desk
) -> tuple[dict[str, str], dict[str, str]]:
    """Digests by name, and sentences on what has none: it may change and nobody could tell."""
    digests: dict[str, str] = {}
    refused: dict[str, str] = {}
    for name, value in values.items():
        try:
            digests[name] = desk.digester(identity.live).digest(value)
        except NotDigestible as error:
            refused[name] = f"{name} {error.why}"
    return digests, refused


def _is_plain(value: Any) -> bool:
    """Whether a change of this value is a result. What is ignored for being busy with itself (a
    client, a progress bar) is not looked at."""
    kinds: list[type] = [list, dict, set, bytearray, deque]
    for library, name in (("numpy", "ndarray"), ("pandas", "DataFrame"), ("pandas", "Series")):
        if (module := sys.modules.get(library)) is not None and hasattr(module, name):
            kinds.append(getattr(module, name))
    return is_a(value, tuple(kinds))
