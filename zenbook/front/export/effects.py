"""What a group does beside binding names: files it writes and reads, random states it moves.

Two groups that meet in a file or in a global random state may neither be left out nor change
places. A run tells exactly; where no run is known, the text tells with caution (``"*"``: any).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

from zenbook.front.export.facts import Facts
from zenbook.front.export.groups import Group
from zenbook.front.export.pieces import Piece

ANY = "*"
_WRITERS = re.compile(
    r"\.(to_(csv|parquet|json|excel|pickle|feather|hdf|sql|stata)|save\w*|dump|write\w*|mkdir"
    r"|makedirs|unlink|touch|rename|rmtree|copy\w*|move|tofile|imsave|imwrite|urlretrieve"
    r"|extract\w*|replace)$|^(subprocess\.\w+|os\.(system|remove|replace|makedirs))$"
)
_READERS = re.compile(
    r"(^|\.)(read\w*|load\w*|open|connect|genfromtxt|fromfile|imread|i?glob|rglob|iterdir|listdir"
    r"|scandir|walk|exists|is_file)$|^subprocess\.\w+$"
)
_SEEDS = frozenset({"seed", "manual_seed", "set_seed", "set_state", "setstate"})
_OWN_GENERATORS = ("default_rng", "Generator", "RandomState", "SeedSequence", "Random")


@dataclass(frozen=True, slots=True)
class Effects:
    """Paths and patterns written and read, libraries whose random state was moved."""

    wrote: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    random: frozenset[str] = frozenset()

    def feeds(self, later: Effects) -> bool:
        """Whether leaving this out could be seen by what comes later."""
        return meet(self.wrote, later.read | later.wrote) or meet(self.random, later.random)

    def hinders(self, later: Effects) -> bool:
        """Whether ``later`` may not run before this."""
        return later.feeds(self) or self.feeds(later)


def meet(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether a path of the one is, matches or lies in a path of the other."""
    return any(_touch(one, other) or _touch(other, one) for one in some for other in others)


def _touch(one: str, other: str) -> bool:
    if one in (ANY, other) or fnmatch(one, other):
        return True
    return one.startswith(f"{other.rstrip('/')}/")


def effects_of(group: Group, facts: Facts, pieces: Iterable[Piece]) -> Effects:
    """As the run has shown; by the text, with the functions it calls, where none is known."""
    known = [facts.cells.get(cell.number) for cell in group.cells]
    found = [one for one in known if one is not None and one.read is not None]
    if len(found) == len(known):
        return Effects(
            frozenset(path for one in found for path in one.wrote),
            frozenset(path for one in found for path in one.read or ()),
            frozenset(name for one in found for name in one.random),
        )
    wrote, read, random = False, False, False
    for call in _calls(group.nodes, _functions(pieces)):
        name = _name(call)
        writes = bool(_WRITERS.search(name)) or (name.endswith("open") and _opens_to_write(call))
        wrote = wrote or writes
        read = read or bool(_READERS.search(name))
        random = random or (group.seed is None and _moves_random(name))
    return Effects(*(frozenset([ANY] if one else ()) for one in (wrote, read, random)))


def _name(call: ast.Call) -> str:
    """``random.seed`` of ``np.random.seed(3)``: what is called, with a dot before a method."""
    text = ast.unparse(call.func)
    return text if re.fullmatch(r"[\w.]+", text) else f".{text.rpartition('.')[2]}"


def _moves_random(name: str) -> bool:
    path = name.split(".")
    drawn = "random" in path[:-1] and path[-1] not in _OWN_GENERATORS
    return path[-1] in _SEEDS or drawn


def _opens_to_write(call: ast.Call) -> bool:
    given = [*call.args, *(key.value for key in call.keywords if key.arg == "mode")]
    modes = [one.value for one in given if isinstance(one, ast.Constant)]
    return any(isinstance(m, str) and re.fullmatch(r"[rbt+]*[wax+][bt+]*", m) for m in modes)


def _functions(pieces: Iterable[Piece]) -> dict[str, Piece]:
    return {name: piece for piece in pieces for name in piece.names.defines}


def _calls(nodes: Iterable[ast.stmt], own: Mapping[str, Piece]) -> Iterator[ast.Call]:
    """Every call, also in the notebook's own functions that are named on the way."""
    waiting: list[ast.AST] = list(nodes)
    seen: set[int] = set()
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Call):
                yield node
            piece = own.get(node.id) if isinstance(node, ast.Name) else None
            if piece is not None and piece.order not in seen:
                seen.add(piece.order)
                waiting += piece.nodes
