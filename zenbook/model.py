"""The nouns of zenbook as frozen values.

Every other module speaks in these: a :class:`Step` and a :class:`Call` go in, an :class:`Outcome`
comes out, and what is remembered in between is a :class:`Record`. Nothing here performs IO, imports
IPython, or knows a clock; all is JSON-ready apart from a call's and an outcome's live values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from zenbook.light import light

Kind = Literal["code", "use", "input", "setting", "environment", "file", "variable", "random"]
"""What sort of reason a :class:`Part` is: ``code`` the step's own normal form; ``use`` a helper,
class, constant or module it uses; ``setting`` an option of the step (version text, seed);
``environment`` Python or a library's version; ``file`` a file, missing file or folder listing."""

Status = Literal["running", "completed", "cached", "failed", "interrupted", "skipped"]
"""How a run or one of its steps stands. ``cached`` never describes a running thing."""

Manner = Literal["", "value", "printed", "dropped"]
"""What becomes of a step's last value; "" for one that ends otherwise."""

Cause = Literal[
    "first run", "code changed", "use changed", "input changed", "setting changed", "file changed",
    "variable changed", "random state changed", "environment changed", "expired", "forced",
    "cache disabled", "damaged", "untrusted", "unknowable",
]  # fmt: skip
"""Why a step ran, in the order in which the first applicable one is told."""


@dataclass(frozen=True, slots=True)
class Part:
    """One reason a result is what it is.

    ``shown`` is a short, secret-free preview (``"0.0015"``) used when a change is told;
    it takes no part in equality, so that it can never change a key.
    """

    kind: Kind
    name: str
    digest: str
    shown: str = field(default="", compare=False)


class Read(Part):
    """A part found *while* the step ran; checked anew before its record is used again.

    ``name`` says what was read: for ``file`` ``"path"`` (content), ``"path?"`` (existence
    only, digest ``missing``/``file``/``folder``) or ``"path/"`` (listing), relative to the working
    folder where it lies below it; for ``variable`` and ``random`` its name or its library's; for
    ``input`` a value that was to be no reason and that the step changed in place; for ``use`` code
    found in data. :mod:`zenbook.world.files` and :mod:`~zenbook.world.watch_code` say more.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """All parts known before running, and the key made of them (32 hex digits)."""

    parts: tuple[Part, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two part lists; ``old`` or ``new`` is None when added or removed."""

    old: Part | None
    new: Part | None

    @property
    def part(self) -> Part:
        """The part to name when telling of this change: the new one where there is one."""
        part = self.new if self.new is not None else self.old
        assert part is not None
        return part


@dataclass(frozen=True, slots=True)
class Artifact:
    """One kept output: what it is, where its bytes are, and a preview that is safe to show."""

    name: str
    digest: str
    """The value's digest (32 hex digits)."""
    blob: str
    """Where the bytes are in the store. Outputs that share objects share a blob."""
    size: int
    """Bytes this artifact's blob takes."""
    type: str
    """Public import path of the value's type, e.g. ``numpy.ndarray``."""
    shape: tuple[int, ...] | None = None
    preview: str = ""
    alias: str = ""
    """Name of the *input* this output is identical to, if it is one."""
    packages: tuple[str, ...] = ()
    """Top-level packages whose classes the value is made of; their versions are a part of every
    step that takes it."""


@dataclass(frozen=True, slots=True)
class Record:
    """The facts that one execution left.

    ``sequence`` orders records (never the clock). ``seals`` maps each blob to the SHA-256 of
    its pickle header, which is what the signature protects against code execution.
    ``wrote`` lists files the step wrote, as reads of their content afterwards.
    ``changed`` lists inputs changed in place: artifacts that hold their value afterwards.
    ``deleted`` lists names the step deleted (cells only).
    """

    id: str
    step: str
    fingerprint: Fingerprint
    reads: tuple[Read, ...]
    wrote: tuple[Read, ...]
    artifacts: tuple[Artifact, ...]
    changed: tuple[Artifact, ...]
    deleted: tuple[str, ...]
    random_after: tuple[Artifact, ...]
    """Global random states (``random``, ``numpy``, ``torch``) it left, if it drew from them."""
    displays: Artifact | None
    seals: Mapping[str, str]
    seconds: float
    started: float
    """Unix time in UTC seconds; for showing and for ``ttl`` only."""
    python: str
    """Tag of the interpreter and serialiser that wrote the blobs, e.g. ``cp311-pickle5``."""
    run: str
    metrics: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    """Sentences to show with a hit: network used, unseeded random state, capped displays."""
    links: Artifact | None = None
    """Where outputs hold mutable objects of the inputs; see :mod:`zenbook.engine.sharing`."""
    sequence: int = 0

    @property
    def outputs(self) -> tuple[Artifact, ...]:
        """The artifacts that are the step's outputs; the others help to show them in a notebook."""
        return tuple(artifact for artifact in self.artifacts if not artifact.name.startswith("%"))

    @property
    def left(self) -> dict[str, Artifact]:
        """What the step left of the inputs that it changed in place, by their names."""
        return {artifact.name.removeprefix("~"): artifact for artifact in self.changed}


@dataclass(frozen=True, slots=True)
class Hit:
    """The record's result is what running now would give."""

    record: Record


@dataclass(frozen=True, slots=True)
class Miss:
    """The step must run: the changes against its nearest earlier record, and the first cause."""

    changes: tuple[Change, ...]
    cause: Cause
    why: str
    """One phrase for people: ``gamma 0.0015→0.0016``, ``helper() changed``, ``first run``."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """Only in a plan: waits for these steps' outputs, or what only running can tell."""

    waits_for: tuple[str, ...]


Verdict = Hit | Miss | Unsure


@dataclass(frozen=True, slots=True)
class Options:
    """The switches of a step or of one call of it; None means "not said here"."""

    enable_cache: bool | None = None
    ttl: float | None = None
    """Seconds after which a record no longer counts."""
    files: tuple[str, ...] = ()
    """Extra paths or globs the result depends on."""
    ignore: tuple[str, ...] = ()
    """Inputs that are read but are no reason to run again."""
    version: str = ""
    """Free text in the key."""
    retries: int = 0
    rng: Literal["auto", "key", "ignore"] = "auto"
    seed: int | None = None
    """What the global random states are seeded with while the step runs; a part of the key."""
    replay: Literal["all", "display", "none"] = "all"
    """What a hit shows again of what the step showed; ``display`` leaves out printed text."""
    force: bool = False
    must_hit: bool = False
    keep_only: tuple[str, ...] = ()
    """Keep only these outputs (cells: ``-o``)."""
    cache_func: Callable[[], Any] | None = field(default=None, compare=False)
    """Called before each decision; what it gives is one more part of the key."""


@dataclass(frozen=True, slots=True)
class Step:
    """Normalised code with named inputs and outputs. Never holds data.

    ``code`` is the digest of the normal form; ``source`` the text people read in a diff.
    ``outputs`` are the names known before running (a cell may add more when it has run).
    """

    name: str
    code: str
    source: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: Options = Options()
    docstring: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A step's output that nobody has loaded yet: stands for its value in a :class:`Call`.
    The record (trusted already) vouches for the artifact's blob."""

    artifact: Artifact
    record: Record


@light
class Call:
    """A step with this time's values and a way to run it.

    ``values`` maps input names to live values or :class:`Reference`. The free names of ``code``, a
    function, or the code object of a cell as a function of its inputs, are followed in
    ``namespace`` (a function brings its own). A driver calls ``body`` with loaded values; a cell
    has none. ``key_code`` is the digest of the code without helpers above it, "" if it has none."""

    step: Step
    values: Mapping[str, Any]
    code: Any
    namespace: Mapping[str, Any] | None = None
    body: Callable[..., Any] | None = None
    is_async: bool = False
    options: Options = Options()
    key_code: str = ""
    shows: Manner = ""
    vouched: frozenset[str] = frozenset()
    """Values it reads that are no reasons, because somebody has named those that are."""
    made: tuple[str, ...] = ()
    """Functions and classes that a cell defines; kept values may be instances of them."""
    loose: Callable[[], frozenset[str]] = frozenset
    """Asked when it runs: names that a cell rebinds or deletes, whose values may go meanwhile."""
    prepare: Callable[[Mapping[str, Any]], None] | None = None
    """Called on a hit first: makes these, to hold what they held. Raises Damaged."""


@light
class Outcome:
    """What a call gave.

    ``values`` maps output names to live values or to :class:`Reference` (a hit loads nothing until
    somebody needs it). ``not_kept`` says why nothing was kept ("conn is a live
    sqlite3.Connection"), else "". ``origin`` is the id of the run that made the kept result.
    """

    step: str
    status: Status
    verdict: Verdict
    fingerprint: Fingerprint | None
    record: Record | None
    values: Mapping[str, Any]
    seconds: float
    changed: Mapping[str, Any] = field(default_factory=dict)
    """Inputs the step changed in place, by name, as they are afterwards (a hit puts them back)."""
    links: Sequence[Any] | None = ()
    """What a notebook has to put together again (see ``engine.sharing``); None: nobody can."""
    displays: Sequence[Mapping[str, Any]] = ()
    """What a hit has to replay, in order; empty when the step ran (it showed everything live)."""
    error: BaseException | None = None
    not_kept: str = ""
    origin: str = ""
    origin_name: str = ""
    """The same run for people: ``first_pipeline:1``; "" where it has no name."""
    remarks: tuple[str, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)


# ---------------------------------------------------------------- pipelines and history


@dataclass(frozen=True, slots=True)
class Edge:
    """``target``'s input ``input`` is ``source``'s output ``output``; "" for a bare ``after``."""

    source: str
    output: str
    target: str
    input: str


@dataclass(frozen=True, slots=True)
class Shape:
    """Wiring and step codes as one digest; parameters by name, never by value."""

    digest: str
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """The number a shape has within a pipeline's name, counted from 1."""

    pipeline: str
    number: int
    shape: Shape
    created: float
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class StepRun:
    """How one step went within one run, as history remembers it."""

    step: str
    position: int
    status: Status
    cause: str
    why: str
    seconds: float
    saved: float
    """Seconds a hit spared; 0.0 when the step ran."""
    record: str
    """Id of the record used or made, "" if none was kept."""
    origin: str
    """Id of the run that executed it."""
    key: str
    error: str = ""
    not_kept: str = ""
    remarks: tuple[str, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One passage through a pipeline. ``number`` counts within the pipeline from 1."""

    id: str
    pipeline: str
    version: int | None
    number: int
    name: str
    status: Status
    parameters: Mapping[str, str]
    """Short previews, secrets masked; the values themselves are inputs of steps."""
    started: float
    ended: float | None
    steps: tuple[StepRun, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    origin: str = ""
    """Where it was started: script, notebook or command line, with the file's name."""
    metrics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """What people call it by: ``first_pipeline:3``."""
        return f"{self.pipeline}:{self.number}"


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One line of a plan."""

    step: str
    verdict: Verdict
    expected: float | None
    """Seconds it took last time; None if it never ran. 0.0 for a hit."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The verdict of every step without running any."""

    pipeline: str
    steps: tuple[PlannedStep, ...]

    @property
    def expected(self) -> float:
        """Seconds that running it all is expected to take, as far as history knows."""
        return sum(step.expected or 0.0 for step in self.steps)
