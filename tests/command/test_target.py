"""``FILE[:PIPELINE]`` names one pipeline, or the error says what to write instead."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zenbook.errors import UsageError
from zenbook.front.command.target import pipeline_of, target_of

TWO = """
from zenbook import pipeline, step

@step
def one():
    return 1

@pipeline
def first():
    one()

@pipeline
def second():
    one()
"""


@pytest.fixture(autouse=True)
def imports_undone() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if getattr(sys.modules[name], "__file__", "") and "pytest-" in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


def written(folder: Path, text: str, name: str = "work.py") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_the_only_pipeline_of_a_file_needs_no_name(tmp_path: Path) -> None:
    only = TWO[: TWO.index("@pipeline\ndef second")]
    assert pipeline_of(target_of(str(written(tmp_path, only)))).name == "first"


def test_a_name_chooses_among_several(tmp_path: Path) -> None:
    assert pipeline_of(target_of(f"{written(tmp_path, TWO)}:second")).name == "second"


def test_an_imported_pipeline_counts_only_where_there_is_no_own_one(tmp_path: Path) -> None:
    written(tmp_path, TWO, "library.py")
    mine = "from library import first\n"
    assert pipeline_of(target_of(str(written(tmp_path, mine)))).name == "first"


def test_a_script_named_like_a_module_does_not_hide_it(tmp_path: Path) -> None:
    import json

    only = TWO[: TWO.index("@pipeline\ndef second")]
    assert pipeline_of(target_of(str(written(tmp_path, only, "json.py")))).name == "first"
    assert sys.modules["json"] is json


def test_the_main_block_does_not_run(tmp_path: Path) -> None:
    text = TWO + "\nif __name__ == '__main__':\n    raise SystemExit('it ran')\n"
    assert pipeline_of(target_of(f"{written(tmp_path, text)}:first")).name == "first"


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (TWO, "", "{file} has 2 pipelines (first, second): say which, as in {file}:first."),
        (TWO, ":frist", "{file} has no pipeline frist. Did you mean first?"),
        ("x = 1", "", "{file} has no pipeline: decorate a function with @pipeline."),
    ],
)
def test_an_unclear_pipeline_is_refused(tmp_path: Path, text: str, name: str, message: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        pipeline_of(target_of(f"{file}{name}"))
    assert str(refused.value) == message.format(file=file)


def test_a_missing_file_is_refused_with_the_nearest_there_is(tmp_path: Path) -> None:
    file = written(tmp_path, TWO, "train.py")
    with pytest.raises(UsageError) as refused:
        target_of(str(tmp_path / "trian.py"))
    assert str(refused.value) == f"There is no file {tmp_path / 'trian.py'}; there is {file}."


def test_a_file_that_is_no_program_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, "a,b", "table.csv")
    with pytest.raises(UsageError, match=r"neither a Python script \(.py\) nor a notebook"):
        target_of(str(file))
