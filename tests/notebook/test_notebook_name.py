"""The notebook's name is the file's, as far as a front end tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from zenbook.front.notebook.notebook_name import notebook_file, pipeline_name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("train.ipynb", "train"),
        ("my study (2).ipynb", "my_study_2"),
        ("2 models.ipynb", "_2_models"),
        ("étude über Größe.ipynb", "etude_uber_Gro_e"),
        ("e\u0301tude.ipynb", "etude"),
        ("v2 模型.ipynb", "v2"),
    ],
)
def test_a_file_name_becomes_a_pipelines_name(file: str, name: str) -> None:
    assert pipeline_name(Path("somewhere") / file) == name


def test_files_whose_names_have_no_plain_letter_are_told_apart() -> None:
    names = {pipeline_name(Path(file)) for file in ("模型.ipynb", "数据.ipynb", "модель.ipynb")}
    assert len(names) == 3 and all(name.startswith("notebook_") for name in names)
    assert pipeline_name(None) == "notebook"


def test_a_path_is_taken_as_it_is_where_such_a_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JPY_SESSION_NAME", "COLAB_JUPYTER_IP"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "up 20%20.ipynb"
    monkeypatch.setenv("ZENBOOK_NOTEBOOK", str(file))
    assert notebook_file({}) == tmp_path / "up 20 .ipynb"
    file.touch()
    assert notebook_file({}) == file
    assert notebook_file({"PAPERMILL_INPUT_PATH": "in.ipynb"}) == Path("in.ipynb")
    assert notebook_file({"__vsc_ipynb_file__": 3}) == file
