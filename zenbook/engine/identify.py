"""Identify: gather every part known before running, and make the fingerprint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from zenbook.core.closure_drawing import draws
from zenbook.core.closure_setting import SETTERS
from zenbook.core.fingerprint import fingerprint_of
from zenbook.core.kinds import is_a
from zenbook.core.naming import is_secret_name
from zenbook.core.preview import preview
from zenbook.core.refused import remedy
from zenbook.core.twins import twins
from zenbook.engine.desk import Desk
from zenbook.engine.memoized import asked_of_memoized, forgotten_before
from zenbook.engine.set_in_libraries import SetInLibraries, set_in_libraries
from zenbook.errors import NotDigestible, OptionError
from zenbook.light import light
from zenbook.model import Call, Fingerprint, Part, Reference
from zenbook.world.changed_settings import changed_before
from zenbook.world.settings import TRIGGERS, are_quiet, settings
from zenbook.world.unheard import unheard
from zenbook.world.variables_heard import found_at_import
from zenbook.world.watch_marks import CELL

if TYPE_CHECKING:
    from zenbook.core.closure import Uses
    from zenbook.core.closure_changes import Changing
    from zenbook.core.digest import Digester

_MOST_REMEMBERED = 4096
_ATOMS: frozenset[type] = frozenset({int, float, str, bytes, bool, complex, type(None)})
_PLAIN = frozenset(one.__name__ for one in _ATOMS)


@light
class Identity:
    """A call's fingerprint with what is needed to check afterwards that it still holds.

    ``obstacle`` says why no fingerprint can describe the call; ``fingerprint`` is then made of
    the parts that could be described and never looked up.
    """

    fingerprint: Fingerprint
    digests: Mapping[str, str]
    """Digest of each live, mutable input before the step ran."""
    constants: Mapping[str, tuple[Any, str]]
    """Globals that can change and that the code reads, or code which inputs bring along: (object,
    digest before), by name. The digest is "" for what is no reason until the step runs."""
    literals: tuple[str, ...]
    obstacle: str = ""
    remarks: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()
    """Reasons not to keep the result, though every part is known."""
    live: bool = False
    """Whether inputs that live in the process counted by what they hold: a cell's do."""
    assigned: tuple[str, ...] = ()
    """Globals that the step's code assigns, or functions among its inputs: a function's caller
    would miss them on a hit."""
    finds_modules: bool = False
    """Whether the step's code may reach any module that is loaded."""
    seeks: bool = False
    """Whether its code, or code that its inputs bring along, goes on where a file is missing."""
    by_text: frozenset[str] = frozenset()
    """Local modules that count by their text."""
    changing: tuple[Changing, ...] = ()
    """What its code may change of what libraries hold."""
    memoized: tuple[Any, ...] = ()
    """Functions that it reaches and that remember their results."""
    code: str = ""
    """The digest of the step's own code."""
    who: str = ""
    """What tells it from others that do things to this process: a step cell's name, whatever its
    inputs are, or the key of a function's call."""

    @property
    def used(self) -> dict[str, Any]:
        """The values that the code uses and can change, by name."""
        return {name: value for name, (value, _) in self.constants.items()}


Known = dict[int, tuple[Any, str, "Digester"]]
"""Values digested before, by id: the value itself, its digest, and who has digested it alone."""


@unheard
def identify(call: Call, desk: Desk, known: Known | None = None) -> Identity:
    """All parts of a call: its code, what that uses, its inputs, settings and environment.

    ``known`` is for a plan, where nothing runs in between: no value is hashed twice.
    """
    live = call.body is None
    digester = desk.digester(live)
    obstacles: list[str] = []
    digests: dict[str, str] = {}
    before: dict[str, str] = {}
    kinds: set[str] = set()
    for name, value in call.values.items():
        if name in call.options.ignore or name in call.vouched:
            continue
        try:
            digest = _digest(value, digester, known)
        except NotDigestible as error:
            obstacles.append(_unknowable(name, error))
            continue
        digests[name] = digest
        if type(value) not in _ATOMS:
            before[name] = digest
            method = is_a(value, (FunctionType, MethodType))
            kinds.add(str((value if method else type(value)).__module__))
    uses = desk.code.uses(call.code, call.namespace, digester)
    used = {*uses.modules, *digester.packages, *(kind.partition(".")[0] for kind in kinds)}
    held = set_in_libraries(used, desk)
    fingerprint = _fingerprint(call, digests, uses, digester, kinds, used, held, desk)
    return Identity(
        fingerprint,
        before,
        {**held.constants, **_constants(digester, uses, call)},
        uses.literals,
        "; ".join(obstacles),
        uses.widened,
        (*uses.obstacles, *held.obstacles, *asked_of_memoized(uses, digester)),
        live,
        tuple(dict.fromkeys((*uses.stores_global, *sorted(digester.assigned)))),
        uses.finds_modules,
        uses.seeks or any(trace.seeks for trace in digester.met.values()),
        uses.by_text,
        uses.changing,
        (*uses.memoized, *digester.memoized),
        _code(call),
        f"{CELL}{call.step.name}" if live else fingerprint.key,
    )


def _constants(digester: Digester, uses: Uses, call: Call) -> Mapping[str, tuple[Any, str]]:
    """All globals that can change and count, by name."""
    if not (digester.constants or uses.vouched):
        return uses.constants
    return {**digester.constants, **uses.constants, **_vouched(uses, call)}


def _vouched(uses: Uses, call: Call) -> dict[str, tuple[Any, str]]:
    """What helpers read that is no reason, without digests: those are made if the step runs."""
    return {
        name: (value, "")
        for name, value in uses.vouched.items()
        if call.values.get(name, uses) is not value
    }


def _fingerprint(
    call: Call,
    digests: Mapping[str, str],
    uses: Uses,
    digester: Digester,
    kinds: set[str],
    used: set[str],
    held: SetInLibraries,
    desk: Desk,
) -> Fingerprint:
    """The fingerprint of these digests, remembered while the uses are the very same object.

    Making the parts again costs more than all the rest of a small step's hit. ``kinds`` are the
    modules of the inputs' types, ``used`` all libraries, ``held`` what the program has set in them.
    """
    packages = digester.packages
    state: tuple[Part, ...] = ()
    if uses.texts:
        state = (*desk.code.texts(digester, uses.texts),)
    unseen = any(type(value) is Reference for value in call.values.values())
    state += (*desk.code.registries(uses, digester, unseen),)
    if digester.met or uses.things or digester.sentinels or digester.by_name:
        values = {name: call.values[name] for name in digests}
        state += (*twins(uses, digester, values, lambda: desk.digester(digester.live)),)
    if used:
        settings_now = _library_settings(
            uses,
            packages,
            kinds,
            _may_draw(call, uses, digester, kinds),
            _may_set(call, uses, digester, kinds),
        )
        names = partial(_names, call, digester, desk)
        state += (*settings_now, *desk.code.patches(used, desk.digester(), names))
        state += found_at_import(used)
    state += (*held.parts, *changed_before(_code(call)), *forgotten_before(uses, digester))
    if call.options.files or call.options.cache_func:
        return fingerprint_of(_parts(call, digests, uses, packages, state, desk))
    told = tuple((part.name, part.digest) for part in state)
    options = (call.options.version, call.options.seed)
    said = (id(uses), _code(call), *digests.items(), options, told, *packages)
    known = desk.fingerprints.get(said)
    if known is not None and known[0] is uses:
        return known[1]
    fingerprint = fingerprint_of(_parts(call, digests, uses, packages, state, desk))
    if len(desk.fingerprints) >= _MOST_REMEMBERED:
        desk.fingerprints.clear()
    desk.fingerprints[said] = (uses, fingerprint)
    return fingerprint


def _code(call: Call) -> str:
    return call.key_code or call.step.code


def _parts(
    call: Call,
    digests: Mapping[str, str],
    uses: Uses,
    packages: set[str],
    state: tuple[Part, ...],
    desk: Desk,
) -> Iterator[Part]:
    yield Part("code", "", _code(call))
    for name, digest in digests.items():
        yield Part("input", name, digest, _shown(name, call.values[name]))
    yield from uses.parts
    yield from desk.code.environment(packages | uses.packages)
    yield from state
    yield from _settings(call, desk)
    if call.options.files:
        yield from desk.watch.files(call.options.files)


def _may_draw(call: Call, uses: Uses, digester: Digester, kinds: set[str]) -> bool:
    """Whether what the step uses, or code that its inputs bring along, may draw pictures. Of code
    in a result that nobody has loaded that is not known."""
    if uses.may_draw or any(map(draws, kinds)):
        return True
    kept = (each.artifact.packages for each in call.values.values() if type(each) is Reference)
    return any(trace.may_draw for trace in digester.met.values()) or not all(map(are_quiet, kept))


def _names(call: Call, digester: Digester, desk: Desk) -> frozenset[str] | None:
    """Every name in the step's code, and in code that it uses or that its inputs bring along;
    None where that may be any: of a result that nobody has loaded, and that may hold code."""
    kept = [each.artifact for each in call.values.values() if type(each) is Reference]
    if not all(one.type in _PLAIN or one.type.partition(".")[0] in one.packages for one in kept):
        return None
    return desk.code.names(call.code, call.namespace, digester.met.values())


def _may_set(call: Call, uses: Uses, digester: Digester, kinds: set[str]) -> frozenset[str]:
    """The modules whose settings the same code may set, or that an input leads to."""
    if any(type(value) is Reference for value in call.values.values()):
        return frozenset(SETTERS)
    brought = (trace.may_set for trace in digester.met.values())
    return uses.may_set.union(*brought, SETTERS.keys() & kinds)


def _library_settings(
    uses: Uses,
    packages: set[str],
    kinds: set[str],
    may_draw: bool = False,
    may_set: frozenset[str] = frozenset(),
) -> tuple[Part, ...]:
    """Settings outside the step of what it uses: the time zone, the decimal context, options of
    numpy, pandas and matplotlib. Nothing to look at for a step that uses none of them."""
    if (
        TRIGGERS.isdisjoint(uses.modules)
        and TRIGGERS.isdisjoint(packages)
        and TRIGGERS.isdisjoint(kinds)
    ):
        return ()
    return settings(
        (*uses.modules, *packages, *kinds),
        may_draw or not are_quiet({*uses.modules, *packages}),
        may_set,
    )


def _digest(value: Any, digester: Digester, known: Known | None) -> str:
    if type(value) is Reference:
        digester.packages.update(value.artifact.packages)
        return value.artifact.digest
    if known is None:
        return digester.digest(value)
    if id(value) not in known:
        alone = type(digester)(digester.code, digester.live)
        known[id(value)] = (value, alone.digest(value), alone)
    _, digest, alone = known[id(value)]
    digester.take_in(alone)
    return digest


def _shown(name: str, value: Any) -> str:
    if is_secret_name(name):
        return "•••"
    return value.artifact.preview if type(value) is Reference else preview(value)


def _settings(call: Call, desk: Desk) -> Iterator[Part]:
    """Options of the step that are a part of the key."""
    if call.options.version:
        yield Part("setting", "version", call.options.version, call.options.version)
    if call.options.seed is not None:
        yield Part("setting", "seed", str(call.options.seed), str(call.options.seed))
    if call.options.cache_func:
        given = call.options.cache_func()
        try:
            digest = desk.digester().digest(given)
        except NotDigestible as error:
            raise OptionError(
                f"cache_func of step {call.step.name} gave what no digest can describe ({error}). "
                "Let it return a text, a number or a tuple of them."
            ) from error
        yield Part("setting", "cache_func", digest, preview(given))


def _unknowable(name: str, error: NotDigestible) -> str:
    place = f"{name}{error.where}" if error.where.startswith(("[", ".")) else name
    todo = remedy(error.why)
    return f"input {place} {error.why}{f' ({todo})' if todo else ''}"
