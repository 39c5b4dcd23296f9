"""Which verbs there are in a notebook: parsing, help, completion and suggestions are made from it.

It stands alone so that ``%load_ext zenbook`` can show help without importing what parsing needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zenbook.front.notebook.option_table import Option


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: the arguments it takes (``[RUN]`` may be left out), its help, its options."""

    arguments: tuple[str, ...]
    text: str
    options: tuple[Option, ...] = ()

    @property
    def fewest(self) -> int:
        """How many arguments it needs."""
        return sum(not argument.startswith("[") for argument in self.arguments)

    def usage(self, magic: str) -> str:
        """How it is written: ``%zenbook diff RUN RUN``."""
        switches = (f"[{' '.join((one.names[-1], one.value)).strip()}]" for one in self.options)
        return " ".join((magic, *self.arguments, *switches))


_STATUSES = ("completed", "failed", "interrupted", "running")
VERBS: Mapping[str, Verb] = {
    "run": Verb(
        ("FILE",), "run a notebook or script headless (use `zenbook run FILE` in a terminal)"
    ),
    "plan": Verb((), "which steps would run if everything ran again now, why, and for how long"),
    "runs": Verb(
        ("[PIPELINE]",),
        "the runs on record, newest first",
        (
            Option(("--tag",), "TAG", "only runs with this tag"),
            Option(("--status",), "STATUS", "only runs that ended so", _STATUSES),
            Option(("--search",), "TEXT", "only runs that have this text in name, note or such"),
            Option(("--limit",), "N", "at most so many"),
        ),
    ),
    "show": Verb(("[RUN]", "[STEP]"), "one run with its steps, or one step of it"),
    "why": Verb(("STEP", "[RUN]"), "every reason why a step ran, with old and new"),
    "diff": Verb(("RUN", "RUN"), "what differs between two runs"),
    "restore": Verb(
        ("RUN", "[STEP|OUTPUT]"),
        "put what an old run gave, or a step of it, back into the notebook",
    ),
    "export": Verb(
        ("[FILE]",),
        "the notebook as a pipeline script",
        (Option(("--check",), "", "write nothing; say whether the script has drifted"),),
    ),
    "status": Verb((), "where the results are kept and how much they take"),
    "pin": Verb(
        ("[RUN]",),
        "never evict what this run made or used",
        (Option(("--remove",), "", "let go of a pinned run"),),
    ),
    "gc": Verb(
        (),
        "collect what nobody needs",
        (
            Option(("--limit",), "SIZE", "evict until no more than this is kept, this time"),
            Option(("--set-limit",), "SIZE", "keep no more than this from now on"),
            Option(("-n", "--dry-run"), "", "say what would go, and delete nothing"),
        ),
    ),
    "fsck": Verb(
        (),
        "check the store",
        (Option(("--repair",), "", "leave a store that checks clean"),),
    ),
    "forget": Verb(
        ("RUN",),
        "really delete a run and what only it kept",
        (Option(("--yes",), "", "do delete it: it cannot be brought back"),),
    ),
}
