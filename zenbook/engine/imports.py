"""What a step takes from modules of the user's that it imports itself.

``from plugins import registry, unused`` in a cell, and any import inside a function, count by the
text of the module: it may not be loaded before the step runs. What it holds is no reason then, but
the step may hand it out or change it in place. So it is looked at before and after a step that
runs; what it was is on record, and is looked at again where the module is loaded before a hit. If
only the hit brings the module back it is looked at then: a step that changed what it was the first
to import is found out by that, and runs.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from zenbook.engine.desk import Desk
from zenbook.engine.identify import Identity
from zenbook.engine.sharing import Inseparable
from zenbook.errors import NotDigestible
from zenbook.model import Call, Read, Record
from zenbook.world.unheard import unheard

_MARK = "imported "
"""What stands before the label of such a value in a read."""


def imported_now(call: Call, desk: Desk) -> dict[str, Any]:
    """Values that can change, of modules that the code imports itself, by ``module.name``."""
    return desk.code.imported(call.code, call.namespace)


@unheard
def noted_imports(identity: Identity, call: Call, desk: Desk) -> Identity:
    """With what such modules hold, as it is now that the step is about to run."""
    held = imported_now(call, desk)
    digests = _digests(held, identity.live, desk)
    constants = {label: (held[label], digest) for label, digest in digests.items()}
    return replace(identity, constants={**constants, **identity.constants})


def imports_read(call: Call, desk: Desk) -> Iterator[Read]:
    """What such modules hold after the step, as parts of what it found while it ran."""
    for label, digest in _digests(imported_now(call, desk), call.body is None, desk).items():
        yield Read("use", f"{_MARK}{label}", digest)


def is_import(read: Read) -> bool:
    """Whether this is what a module holds that the step imported."""
    return read.kind == "use" and read.name.startswith(_MARK)


def as_imported(read: Read, call: Call, desk: Desk) -> Read:
    """The same value as it is now; what is not loaded is what it will be."""
    now, label = imported_now(call, desk), read.name.removeprefix(_MARK)
    if label not in now:
        return read
    digest = _digests({label: now[label]}, call.body is None, desk).get(label)
    return replace(read, digest=digest or "not digestible")


def imported_again(record: Record, identity: Identity, call: Call, desk: Desk) -> Identity:
    """With what the modules hold that the step imported, which are imported if they are not here.

    Raises Inseparable if that is not what it was after the step.
    """
    if not any(map(is_import, record.reads)):
        return identity
    was = {r.name.removeprefix(_MARK): r.digest for r in record.reads if is_import(r)}
    _import(was, call, desk)
    noted = noted_imports(identity, call, desk)
    for label, digest in was.items():
        if noted.constants.get(label, (None, ""))[1] != digest:
            raise Inseparable(f"{label} is not what it was after the step")
    return noted


def _import(labels: Iterable[str], call: Call, desk: Desk) -> None:
    """Import the modules that hold these, silently: what an import prints is among the displays."""
    for module in desk.code.importing(call.code, call.namespace):
        if module not in sys.modules and any(one.startswith(f"{module}.") for one in labels):
            with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
                import_module(module)


def _digests(values: Mapping[str, Any], live: bool, desk: Desk) -> dict[str, str]:
    """Digests of those that have one."""
    found: dict[str, str] = {}
    for label, value in values.items():
        with contextlib.suppress(NotDigestible):
            found[label] = desk.digester(live).digest(value)
    return found
