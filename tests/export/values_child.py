"""A process of its own: gives the values of a notebook after each cell, or of ZenML's steps.

``notebook FILE ANSWER`` runs the cells in IPython, ``notebooks FOLDER ANSWER`` all of a folder;
``zenml FOLDER ANSWER`` runs the pipeline of every script of a folder with the ZenML of this
Python, in which zenbook is not installed, ``python FOLDER ANSWER`` without anything, zenbook
forbidden. Values are told as JSON that shows types: a tuple is no list, numpy's numbers are not
Python's.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any


def plain(value: Any) -> Any:
    """The value as JSON, with its type wherever JSON would forget it."""
    kind = type(value).__name__
    module = type(value).__module__.partition(".")[0]
    if value is None or (isinstance(value, (bool, int, str)) and module == "builtins"):
        return value
    if module == "numpy" and hasattr(value, "tolist"):
        return [kind, str(value.dtype), plain(value.tolist())]
    if module == "pandas":
        return [kind, *_table(value)]
    if isinstance(value, dict):
        return [kind, [[plain(key), plain(inner)] for key, inner in value.items()]]
    if isinstance(value, (set, frozenset)):
        return [kind, sorted((plain(inner) for inner in value), key=repr)]
    if isinstance(value, (list, tuple)):
        return ["list" if kind == "SList" else kind, [plain(inner) for inner in value]]
    if hasattr(value, "__dict__"):
        return [kind, plain({k: v for k, v in sorted(vars(value).items()) if k[0] != "_"})]
    return [kind, repr(value)]


def _table(value: Any) -> list[Any]:
    if hasattr(value, "columns"):
        parts = [[plain(name), plain(value[name])] for name in value.columns]
        return [parts, plain(list(value.index)), plain(list(value.index.names))]
    if hasattr(value, "index"):
        return [str(value.dtype), plain(value.name), plain(list(value)), plain(list(value.index))]
    return [str(getattr(value, "dtype", "")), str(value)]


def notebooks(folder: str) -> dict[str, dict[str, dict[str, Any]]]:
    """The values after each cell of every notebook, each begun afresh."""
    from IPython.core.interactiveshell import InteractiveShell

    found: dict[str, dict[str, dict[str, Any]]] = {}
    for file in sorted(Path(folder).glob("*.ipynb")):
        InteractiveShell.instance().reset()
        found[file.stem] = notebook(str(file))
    return found


def notebook(file: str) -> dict[str, dict[str, Any]]:
    """The values after each code cell, by the cell's number; cells that may raise are left out."""
    import nbformat
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = InteractiveShell.instance()
    shell.enable_gui = lambda gui=None: None
    hidden = set(shell.user_ns)
    found: dict[str, dict[str, Any]] = {}
    for number, cell in enumerate(nbformat.read(file, as_version=4).cells, 1):
        if cell.cell_type != "code" or "raises-exception" in cell.metadata.get("tags", ()):
            continue
        line, source = "", cell.source
        if source.startswith("%%step") and "zenbook" not in sys.modules:
            line, _, source = source.partition("\n")
        if "pip install" not in source:
            with _seeded(line):
                shell.run_cell(source, store_history=True).raise_error()
        found[str(number)] = {
            name: plain(value)
            for name, value in shell.user_ns.items()
            if name not in hidden and name[0] != "_" and _is_value(value)
        }
    return found


@contextmanager
def _seeded(line: str) -> Iterator[None]:
    """What ``--seed`` on a step's line means, for a notebook that runs without zenbook."""
    said = re.search(r"--seed (\d+)", line)
    if said is None:
        yield
        return
    import random

    import numpy as np

    outer = random.getstate(), np.random.get_state()
    random.seed(int(said[1]))
    np.random.seed(int(said[1]))
    yield
    random.setstate(outer[0])
    np.random.set_state(outer[1])


def _is_value(value: Any) -> bool:
    live = ("generator", "Connection", "Figure", "Axes", "TextIOWrapper")
    return not isinstance(value, (FunctionType, ModuleType, type)) and (
        type(value).__name__ not in live
    )


def zenml(folder: str) -> dict[str, dict[str, Any]]:
    """The status and the outputs of each step, by script."""
    from zenml.client import Client
    from zenml.pipelines.pipeline_definition import Pipeline

    sys.path.insert(0, folder)
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(Path(folder).glob("*.py")):
        module = importlib.import_module(file.stem)
        (pipeline,) = (value for value in vars(module).values() if isinstance(value, Pipeline))
        run: Any = pipeline()
        steps = Client().get_pipeline_run(run.id).steps
        found[file.stem] = {
            name: {
                "status": step.status.value,
                "outputs": {said: plain(made[0].load()) for said, made in step.outputs.items()},
            }
            for name, step in steps.items()
        }
    return found


def python(folder: str) -> dict[str, dict[str, Any]]:
    """What the pipeline of each script returns, by name; `import zenbook` fails."""
    sys.modules.update(dict.fromkeys(("zenbook", "IPython", "zenml")))  # None forbids an import
    sys.path.insert(0, folder)
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(Path(folder).glob("*.py")):
        functions = [n for n in ast.parse(file.read_text()).body if isinstance(n, ast.FunctionDef)]
        pipeline = [function for function in functions if function.name != "main"][-1]
        names = [node.id for node in ast.walk(pipeline.body[-1]) if isinstance(node, ast.Name)]
        module = importlib.import_module(file.stem)
        given = getattr(module, pipeline.name)()
        values = given if len(names) > 1 else (given,)
        found[file.stem] = {n: plain(v) for n, v in zip(names, values, strict=True)}
    return found


if __name__ == "__main__":
    what, source, answer = sys.argv[1:]
    doing: dict[str, Any] = {
        "notebook": notebook,
        "notebooks": notebooks,
        "python": python,
        "zenml": zenml,
    }
    Path(answer).write_text(json.dumps(doing[what](source)), encoding="utf-8")
