"""Identify: gather every part known before running, and make the fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zenbook.core.fingerprint import fingerprint_of
from zenbook.core.naming import is_secret_name
from zenbook.core.preview import preview
from zenbook.engine.desk import Desk
from zenbook.errors import NotDigestible
from zenbook.model import Call, Fingerprint, Part, Reference

_ATOMS = frozenset({int, float, str, bytes, bool, complex, type(None)})


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """A call's fingerprint with what is needed to check afterwards that it still holds.

    ``obstacle`` says why no fingerprint can describe the call; ``fingerprint`` is then made of
    the parts that could be described and never looked up.
    """

    fingerprint: Fingerprint
    digests: Mapping[str, str]
    """Digest of each live, mutable input before the step ran."""
    constants: Mapping[str, tuple[Any, str]]
    """Mutable module constants the code reads: (object, digest before), by part name."""
    literals: tuple[str, ...]
    obstacle: str = ""
    remarks: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()
    """Reasons not to keep the result, though every part is known."""
    assigned: tuple[str, ...] = ()
    """Globals that the step's code assigns: a function's caller would miss them on a hit."""


def identify(call: Call, desk: Desk) -> Identity:
    """All parts of a call: its code, what that uses, its inputs, settings and environment."""
    digester = desk.digester()
    parts = [Part("code", "", call.step.code)]
    obstacles: list[str] = []
    before: dict[str, str] = {}
    for name, value in call.values.items():
        if name in call.options.ignore:
            continue
        try:
            part = _input(name, value, digester)
        except NotDigestible as error:
            obstacles.append(_unknowable(name, error))
            continue
        parts.append(part)
        if type(value) not in _ATOMS:
            before[name] = part.digest
    uses = desk.code.uses(call.code, call.namespace, digester)
    parts += uses.parts
    parts += desk.code.environment(digester.packages | uses.packages)
    parts += _settings(call)
    if call.options.files:
        parts += desk.watch.files(call.options.files)
    return Identity(
        fingerprint_of(parts),
        before,
        uses.constants,
        uses.literals,
        "; ".join(obstacles),
        uses.widened,
        uses.obstacles,
        uses.stores_global,
    )


def _input(name: str, value: Any, digester: Any) -> Part:
    if type(value) is Reference:
        artifact = value.artifact
        return Part("input", name, artifact.digest, _shown(name, artifact.preview))
    return Part("input", name, digester.digest(value), _shown(name, value, preview))


def _shown(name: str, value: Any, show: Any = str) -> str:
    return "•••" if is_secret_name(name) else show(value)


def _settings(call: Call) -> Iterator[Part]:
    if call.options.version:
        yield Part("setting", "version", call.options.version, call.options.version)


def _unknowable(name: str, error: NotDigestible) -> str:
    place = f"{name}{error.where}" if error.where.startswith(("[", ".")) else name
    return f"input {place} {error.why}"
