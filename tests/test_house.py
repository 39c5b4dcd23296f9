"""The rules of the house, where a tool does not check them already."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import zenbook

PACKAGE = Path(zenbook.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
HEAVY = (
    "IPython",
    "anywidget",
    "click",
    "dill",
    "diskcache",
    "ipywidgets",
    "nbformat",
    "numpy",
    "pandas",
    "rich",
    "sqlite3",
)
IPYTHON_HOOK = "load_ipython_extension"
RUNS_THE_CELL_ITSELF = "front/notebook/anew.py"
LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def name_of(source: Path) -> str:
    return source.relative_to(PACKAGE).as_posix()


def tree_of(source: Path) -> ast.Module:
    return ast.parse(source.read_text(encoding="utf-8"))


def functions_of(source: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def imported_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after this statement."""
    program = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_public_names_are_sorted_and_there() -> None:
    verbs = [name for name in zenbook.__all__ if name not in ("__version__", IPYTHON_HOOK)]
    assert verbs == sorted(verbs)
    assert all(getattr(zenbook, name) is not None for name in zenbook.__all__)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'stap'"):
        zenbook.stap  # noqa: B018


@pytest.mark.parametrize(
    "statement",
    ["import zenbook", "from zenbook import pipeline, step", "import zenbook.front.command"],
)
def test_importing_zenbook_imports_nothing_heavy(statement: str) -> None:
    assert imported_by(statement).isdisjoint(HEAVY)


def test_fault_89_values_are_unpickled_in_one_place_only() -> None:
    loads = {"load", "loads", "Unpickler", "_Unpickler"}
    pickles = {"pickle", "_pickle", "dill", "cloudpickle", "marshal", "joblib", "shelve"}
    found = {
        name_of(source)
        for source in SOURCES
        for node in ast.walk(tree_of(source))
        if (
            isinstance(node, ast.Attribute)
            and node.attr in loads
            and isinstance(node.value, ast.Name)
            and node.value.id in pickles
        )
        or (
            isinstance(node, ast.ImportFrom)
            and node.module in pickles
            and loads & {alias.name for alias in node.names}
        )
    }
    assert found == {"world/trust.py"}


def test_fault_89_stored_text_is_never_evaluated_and_no_shell_is_called() -> None:
    found = {
        f"{name_of(source)}:{node.lineno} {ast.unparse(node.func)}"
        for source in SOURCES
        for node in ast.walk(tree_of(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("eval", "exec", "os.system", "os.popen")
        and not (name_of(source) == RUNS_THE_CELL_ITSELF and ast.unparse(node.func) == "exec")
    }
    assert found == set()


def test_no_error_is_swallowed_in_silence() -> None:
    found = [
        f"{name_of(source)}:{node.lineno}"
        for source in SOURCES
        for node in ast.walk(tree_of(source))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and all(isinstance(line, ast.Pass) for line in node.body)
    ]
    assert found == []


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_a_file_is_one_concept(source: Path) -> None:
    assert len(source.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_a_function_is_a_short_paragraph(source: Path) -> None:
    long = [
        f"{function.name} has {length(function)} lines"
        for function in functions_of(source)
        if length(function) > LONGEST_FUNCTION
    ]
    assert long == []


def test_half_of_all_functions_have_at_most_ten_lines() -> None:
    lengths = sorted(length(function) for source in SOURCES for function in functions_of(source))
    assert lengths[len(lengths) // 2] <= 10


def test_every_module_says_what_it_is() -> None:
    silent = [
        name_of(source)
        for source in SOURCES
        if source.stat().st_size and not ast.get_docstring(tree_of(source))
    ]
    assert silent == []


def test_every_public_name_says_what_it_does() -> None:
    silent = [name for name in zenbook.__all__ if not getattr(zenbook, name).__doc__]
    assert silent == []
