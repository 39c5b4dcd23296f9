"""The fresh process of a verification: runs a notebook's cells, or an exported script.

Started as ``python -m zenbook.front.export.trial_child JOB``; reads a job as JSON and writes its
answer as JSON beside it. Values never leave this process: only their digests, types and what
they share do.
"""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from zenbook.errors import NotDigestible
from zenbook.front.export.trial_programs import Programs

_ATOMS = (int, float, complex, str, bytes, bool, type(None), range, frozenset)
_MOST_NODES = 3000
_OWN_CALLS = (FunctionType, type, ModuleType)


def main(job_file: str) -> None:
    """Do one job, and write what was found."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    doing = {"cells": run_cells, "script": run_script, "module": run_module, "stars": star_names}
    answer = doing[job["what"]](job)
    Path(job["answer"]).write_text(json.dumps(answer), encoding="utf-8")


# ------------------------------------------------------------------ a notebook's cells


def run_cells(job: Mapping[str, Any]) -> dict[str, Any]:
    """Execute cells in a shell of their own; after each, what there is and what changed."""
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = InteractiveShell.instance()
    vars(shell)["enable_gui"] = lambda gui=None: None  # there is no event loop to join here
    programs = Programs(shell)
    if job["steps"]:
        os.environ["ZENBOOK_NOTEBOOK"] = str(Path.cwd() / job["name"])
        shell.extension_manager.load_extension("zenbook")
    else:  # what only looks at a value must not change it, as a table's layout once did
        vars(shell.displayhook)["compute_format_data"] = lambda result: ({}, {})
    hidden = set(shell.user_ns)
    found: list[dict[str, Any]] = []
    seen: dict[str, str] = {}
    for cell in job["cells"]:
        before = {name: id(value) for name, value in _data(shell.user_ns, hidden)}
        programs.begin(cell["number"])
        result, effects = _watched(shell, cell["source"])
        error = result.error_before_exec or result.error_in_exec
        if error is not None and not cell["raises"]:
            told = f"{type(error).__name__}: {error}"
            return {"cells": found, "error": told, "cell": cell["number"], "line": _line(error)}
        now = _look(shell.user_ns, hidden, before, seen)
        now["standing"] = _standing(cell["source"], shell.user_ns, hidden, now["types"])
        found.append({"number": cell["number"], **now, **effects})
        seen = {**seen, **now["digests"]}
    failed = {one["number"]: programs.failed_in(one["number"]) for one in found}
    return {"cells": [{**one, "failed": failed[one["number"]]} for one in found], "error": ""}


def _watched(shell: Any, source: str) -> tuple[Any, dict[str, list[str]]]:
    """A cell's result; the files it read and wrote, and the random states it moved."""
    from zenbook.engine.desk import open_desk

    desk = open_desk()
    before = desk.randomness.states()
    with desk.watch.watching((), ()) as seen:
        result = shell.run_cell(source, store_history=True)
        noticed = seen()
    moved = {n for n, digest in desk.randomness.states().items() if before.get(n) != digest}
    return result, {
        "read": sorted({one.name for one in noticed.reads if one.kind == "file"}),
        "wrote": sorted({one.name for one in noticed.wrote}),
        "random": sorted(moved),
    }


def _line(error: BaseException) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    own = [f.lineno for f in frames if "ipykernel" in f.filename or f.filename.startswith("<ipy")]
    return own[0] or 0 if own else 0


def _data(space: Mapping[str, Any], hidden: set[str]) -> Iterable[tuple[str, Any]]:
    """The user's names that stand for data."""
    for name, value in list(space.items()):
        own = name not in hidden and not name.startswith("_")
        if own and not isinstance(value, (type, ModuleType)):
            yield name, value


def _look(
    space: Mapping[str, Any], hidden: set[str], before: Mapping[str, int], seen: Mapping[str, str]
) -> dict[str, Any]:
    from zenbook.core.preview import type_path

    values = {name: _plain(value) for name, value in _data(space, hidden)}
    digests: dict[str, str] = {}
    alike: dict[str, str] = {}
    stuck: dict[str, str] = {}
    for name, value in values.items():
        try:
            digests[name], alike[name] = _digests_of(value)
        except (NotDigestible, RecursionError) as error:
            digests[name] = "none"
            stuck[name] = str(error).removeprefix("the value ")
    moved = {n for n, d in digests.items() if seen.get(n) != d or before.get(n) != id(space[n])}
    changed = [
        n
        for n, d in digests.items()
        if before.get(n) == id(space[n]) and n in seen and seen[n] != d
    ]
    stuck.update({n: "holds a figure" for n in digests if _holds_figure(values[n])})
    stuck.update({n: "is a function" for n, v in values.items() if isinstance(v, FunctionType)})
    return {
        "digests": {n: digests[n] for n in digests if n in moved},
        "alike": {n: digest for n, digest in alike.items() if digest and n in moved},
        "types": {n: type_path(values[n]) for n in moved},
        "changed": changed,
        "bound": sorted(n for n in values if before.get(n) != id(space[n])),
        "stuck": {n: why for n, why in stuck.items() if n in moved},
        "shares": _shared(values),
    }


def _standing(
    source: str, space: Mapping[str, Any], hidden: set[str], moved: Mapping[str, str]
) -> dict[str, str]:
    """Types of values that the cell speaks of and that are as they were before it."""
    from zenbook.core.preview import type_path

    words = set(re.findall(r"\w+", source)) - moved.keys()
    return {name: type_path(_plain(v)) for name, v in _data(space, hidden) if name in words}


def _plain(value: Any) -> Any:
    """``x = !cmd`` gives IPython's own kind of list; a script has a plain one."""
    return list(value) if type(value).__name__ == "SList" else value


def _digests_of(value: Any) -> tuple[str, str]:
    from zenbook.engine.desk import open_desk
    from zenbook.front.export.alike import digests_of

    return digests_of(value, open_desk().code)


def _shared(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of names whose values reach one mutable object."""
    reached = {name: _mutables(value) for name, value in values.items()}
    names = sorted(name for name, ids in reached.items() if ids)
    return [
        (one, other)
        for place, one in enumerate(names)
        for other in names[place + 1 :]
        if reached[one] & reached[other]
    ]


def _mutables(value: Any) -> set[int]:
    """Identities of what a change could reach: the value, and what it holds, to some depth."""
    found: set[int] = set()
    waiting = [(value, 0)]
    while waiting and len(found) < _MOST_NODES:
        one, depth = waiting.pop()
        if isinstance(one, (*_ATOMS, *_OWN_CALLS)) or id(one) in found or depth > 4:
            continue
        if callable(one) and not hasattr(one, "__dict__"):
            continue
        if not isinstance(one, tuple):
            found.add(id(one))
        waiting += [(inner, depth + 1) for inner in _held(one)]
    return found


def _holds_figure(value: Any) -> bool:
    """Whether it is no figure itself and reaches one, which changes as it is drawn and closed."""
    waiting, seen = [(value, 0)], set[int]()
    while waiting and len(seen) < _MOST_NODES:
        one, depth = waiting.pop()
        if id(one) in seen or depth > 4 or isinstance(one, (*_ATOMS, *_OWN_CALLS)):
            continue
        seen.add(id(one))
        if type(one).__module__.startswith(("matplotlib.figure", "matplotlib.axes")):
            return True
        waiting += [(inner, depth + 1) for inner in _held(one)]
    return False


def _held(one: Any) -> list[Any]:
    if isinstance(one, dict):
        return list(one.values())[:500]
    if isinstance(one, (list, tuple, set)):
        return list(one)[:500]
    base = getattr(one, "base", None)
    if type(one).__module__ == "numpy" and base is not None:
        return [base]
    if type(one).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow", "torch"):
        return []  # copy on write, or buffers that are compared by digest
    return list(getattr(one, "__dict__", {}).values())[:500]


def star_names(job: Mapping[str, Any]) -> dict[str, Any]:
    """What ``from module import *`` binds, for each module."""
    from importlib import import_module

    found: dict[str, list[str]] = {}
    for name in job["modules"]:
        try:
            module = import_module(name)
        except Exception as error:  # importing runs whatever the module holds
            return {"error": f"{name}: {_told(error)}", "names": {}}
        public = [n for n in vars(module) if not n.startswith("_")]
        found[name] = list(getattr(module, "__all__", public))
    return {"error": "", "names": found}


# ------------------------------------------------------------------ a script


def run_script(job: Mapping[str, Any]) -> dict[str, Any]:
    """Run a script as its command line would; the digest of every output of every step."""
    sys.argv = [job["script"]]
    try:
        if job["target"] == "zenbook":
            return _run_zenbook(job["script"])
        return _run_plain(job["script"], job["functions"], job["main"])
    except Exception as error:  # whatever the script raises is the answer
        found = _statement(error, job["script"])
        return {"steps": {}, "error": _told(error), "step": "", "statement": found}


def run_module(job: Mapping[str, Any]) -> dict[str, Any]:
    """Import a script that only defines things."""
    import runpy

    try:
        runpy.run_path(job["script"], run_name="exported_script")
    except Exception as error:  # whatever the script raises is the answer
        found = _statement(error, job["script"])
        return {"steps": {}, "error": _told(error), "step": "", "statement": found}
    return {"steps": {}, "error": "", "step": ""}


def _statement(error: BaseException | None, script: str) -> str:
    """The line of the script that raised, or that called what did."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    own = [frame.line or "" for frame in frames if frame.filename == script]
    return own[-1].strip() if own else ""


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _run_zenbook(script: str) -> dict[str, Any]:
    import builtins
    import runpy

    import zenbook

    caught: list[Any] = []
    answer: list[dict[str, Any]] = []

    def run(pipeline: Any, arguments: Any = None) -> None:
        caught.append(pipeline)
        answer.append(_outcomes(pipeline, script))

    vars(zenbook)["cli"] = run
    runpy.run_path(script, {"__builtins__": builtins}, run_name="__main__")
    return answer[0] if answer else {"steps": {}, "error": "no pipeline", "step": ""}


def _outcomes(pipeline: Any, script: str) -> dict[str, Any]:
    from zenbook.engine.desk import open_desk
    from zenbook.engine.pipelines import run_composition

    bound = pipeline.binder.bind((), {})
    finished = run_composition(pipeline.compose(bound), pipeline.wish, open_desk())
    alike: dict[str, dict[str, str]] = {n: {} for n in finished.outcomes}
    steps = {n: _given(outcome, alike[n]) for n, outcome in finished.outcomes.items()}
    live = [n for n, outcome in finished.outcomes.items() if outcome.record is None]
    error = "" if finished.error is None else _told(finished.error)
    failed = list(finished.outcomes)[-1] if error and finished.outcomes else ""
    found = {"steps": steps, "alike": alike, "error": error, "step": failed, "live": live}
    return {**found, "statement": _statement(finished.error, script)}


def _given(outcome: Any, alike: dict[str, str]) -> dict[str, str]:
    """What a step gave as it was then: a later step may have changed the live object in place."""
    kept = {one.name: one.digest for one in outcome.record.artifacts} if outcome.record else {}
    live = {n: v for n, v in outcome.values.items() if n not in kept}
    return {**_digests(live, alike), **kept}


def _digests(values: Mapping[str, Any], alike: dict[str, str]) -> dict[str, str]:
    """The values' digests; ``alike`` gets those that count wherever code stands."""
    from zenbook.model import Reference

    found: dict[str, str] = {}
    for name, value in values.items():
        try:
            if type(value) is Reference:
                found[name] = value.artifact.digest
                continue
            found[name], other = _digests_of(value)
            if other:
                alike[name] = other
        except (NotDigestible, RecursionError):
            found[name] = "none"
    return found


def _run_plain(
    script: str, functions: Mapping[str, Mapping[str, Any]], main_name: str
) -> dict[str, Any]:
    """Plain functions: note what each returns on its way."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("exported_script", script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["exported_script"] = module
    spec.loader.exec_module(module)
    steps: dict[str, dict[str, str]] = {}
    alike: dict[str, dict[str, str]] = {said["name"]: {} for said in functions.values()}
    for function, said in functions.items():
        vars(module)[function] = _noting(getattr(module, function), said, steps, alike)
    try:
        getattr(module, main_name)()
    except Exception as error:  # whatever a step raises is the answer
        failed = next((name for name in alike if name not in steps), "")
        told = {"error": _told(error), "step": failed, "statement": _statement(error, script)}
        return {"steps": steps, "alike": alike, **told}
    return {"steps": steps, "alike": alike, "error": "", "step": ""}


def _noting(
    function: Any,
    said: Mapping[str, Any],
    steps: dict[str, dict[str, str]],
    alike: Mapping[str, dict[str, str]],
) -> Any:
    import inspect

    names = said["outputs"]

    def note(result: Any) -> Any:
        values = (result,) if len(names) == 1 else result if names else ()
        given = dict(zip(names, values, strict=True))
        steps[said["name"]] = _digests(given, alike[said["name"]])
        return result

    def call(*args: Any) -> Any:
        return note(function(*args))

    async def wait(*args: Any) -> Any:
        return note(await function(*args))

    return wait if inspect.iscoroutinefunction(function) else call


if __name__ == "__main__":
    main(sys.argv[1])
