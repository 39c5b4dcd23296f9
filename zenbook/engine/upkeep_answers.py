"""What the verbs of upkeep answer: frozen values that print as a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zenbook.core.view import StoreStatus


@dataclass(frozen=True, slots=True)
class Status(StoreStatus):
    """Where zenbook keeps things, how much of it there is, and what takes most of it."""

    path: Path = Path()
    evicted: int = 0
    """Results that were evicted since the folder was made."""

    def __repr__(self) -> str:
        limit = f" of {bytes_text(self.limit)}" if self.limit is not None else ""
        return (
            f"{self.path}: {bytes_text(self.size)}{limit}; {count(self.artifacts, 'kept output')}, "
            f"{count(self.records, 'record')}, {count(self.runs, 'run')} ({self.pinned} pinned); "
            f"{bytes_text(self.reclaimable)} can be collected"
        )


@dataclass(frozen=True, slots=True)
class Evicted:
    """One blob that went (or would go): its bytes and the steps that will run again."""

    blob: str
    size: int
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection did, or would do if it was a ``dry_run``. Sizes in bytes."""

    evicted: tuple[Evicted, ...]
    orphans: int
    """Blobs without a record that went."""
    freed: int
    size: int
    """What is left."""
    limit: int
    dry_run: bool = False

    def __repr__(self) -> str:
        did = "Would free" if self.dry_run else "Freed"
        over = (
            " It is still over the limit: what is pinned, in use, or was made or used in the last "
            "ten minutes stays."
        )
        return (
            f"{did} {bytes_text(self.freed)}: {count(len(self.evicted), 'result')} evicted, "
            f"{count(self.orphans, 'orphan')} removed. Results take "
            f"{bytes_text(self.size)}; the limit is {bytes_text(self.limit)}."
            f"{over if self.size > self.limit else ''}"
        )


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was really deleted with a run, and what stays."""

    run: str
    blobs: int
    freed: int
    name: str = ""
    """As ``first_pipeline:1``."""
    gone: tuple[str, ...] = ()
    """Outputs that are deleted, as ``train.model``."""
    stays: tuple[str, ...] = ()
    """Outputs whose bytes stay, as other runs made the same."""
    kept_by: tuple[str, ...] = ()
    """Those runs, as ``first_pipeline:3``."""
    given_to: tuple[str, ...] = ()
    """Other runs that had been given results of it."""

    def __repr__(self) -> str:
        return " ".join([f"{self.name or self.run} is forgotten{self._deleted()}", *self._rest()])

    def _deleted(self) -> str:
        if self.gone or self.blobs:
            told = f"{listed(self.gone)} deleted" if self.gone else "what it had shown deleted"
            return f": {told}, {bytes_text(self.freed)} freed."
        if self.stays:
            return "."
        return ": it had made no result that was kept, so none is deleted."

    def _rest(self) -> Iterator[str]:
        if self.stays:
            keeps = "keeps" if len(self.kept_by) == 1 else "keep"
            stay = "stays" if len(self.stays) == 1 else "stay"
            yield f"{listed(self.stays)} {stay}: {listed(self.kept_by)} {keeps} the same."
        if self.given_to:
            which = "which are gone" if self.gone else "and no longer has them"
            if len(self.given_to) > 1 and not self.gone:
                which = "and no longer have them"
            yield f"{listed(self.given_to)} had been given results of it, {which}."


def bytes_text(size: int) -> str:
    """A number of bytes for people: ``412 B``, ``1.7 MB``, ``20.0 GB``."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def listed(names: Sequence[str], most: int = 3) -> str:
    """``a``, ``a and b``, or ``a, b, c and 4 more``."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def count(number: int, noun: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
