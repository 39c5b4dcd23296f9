"""Names, tags and secrets at the front doors, and stores that fail in the middle of a pipeline."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest

import zenbook
from zenbook import pipeline, step
from zenbook.engine.desk import close_desks, open_desk
from zenbook.errors import OptionError, StoreFault

pytestmark = pytest.mark.usefixtures("home")

HOSTILE = [
    "../../x",
    "a/b",
    "a\0b",
    "a\nb",
    "x" * 300,
    "CON",
    "\u202eabc",
    "{{x}}",
    "-rf",
    "$(id)",
    "<img src=x onerror=alert(1)>",
    "x'); DROP TABLE runs; --",
]


def newest() -> Any:
    return zenbook.runs(limit=1)[0]


def files_with(home: Path, text: str) -> list[str]:
    paths = [path for path in home.rglob("*") if path.is_file()]
    return [path.name for path in paths if text.encode() in path.read_bytes()]


@step
def numbers(count: int) -> list[int]:
    return list(range(count))


@step
def doubled(values: list[int]) -> list[int]:
    return [2 * value for value in values]


@step
def total(values: list[int], plus: int) -> int:
    return sum(values) + plus


@pipeline
def work(count: int = 1000, plus: int = 0) -> None:
    total(doubled(numbers(count)), plus)


# ---------------------------------------------------------------- 81: names


@pytest.mark.parametrize("name", HOSTILE)
def test_fault_81_a_hostile_name_is_refused_where_it_is_given(name: str, home: Path) -> None:
    refused = [
        lambda: step(name=name)(total.__wrapped__),
        lambda: total.with_options(name=name),
        lambda: pipeline(name=name)(work.__wrapped__),
        lambda: pipeline(tags=["fine", name])(work.__wrapped__),
        lambda: work.with_options(tags=name),
    ]
    for give in refused:
        with pytest.raises(OptionError, match=r" cannot be a (step name|pipeline name|tag): "):
            give()
    assert not home.exists()


@pytest.mark.parametrize("name", ["a\nb", "a\0b", "x" * 300, "\u202eabc", "  "])
def test_fault_81_a_runs_name_is_words_on_one_line(name: str) -> None:
    with pytest.raises(OptionError, match="cannot be a run name"):
        work.with_options(name=name)
    run = work.with_options(name="erster Versuch: größer", tags="best")()
    with pytest.raises(OptionError, match="cannot be a run name"):
        run.annotate(name=name)
    with pytest.raises(OptionError, match="cannot be a tag"):
        run.tag(name)
    assert (newest().name, newest().tags) == ("erster Versuch: größer", ("best",))


def test_functions_without_a_name_of_their_own_are_named_for_what_they_are() -> None:
    assert step(lambda x: x).step.name == "lambda"

    @step
    def größe(x: int) -> int:
        return x

    assert größe.step.name == "größe"


@pytest.mark.parametrize(
    ("give", "says"),
    [
        (lambda: pipeline(3), "@pipeline is for functions, not for int."),
        (lambda: step(3), "@step is for functions, not for int."),
        (
            lambda: step(ignore=["value"])(total.__wrapped__),
            "There is no input 'value'. Did you mean values?",
        ),
        (
            lambda: work.with_options(rerun="totl")(),
            "There is no step 'totl'. Did you mean total?",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_likeliest(give: Any, says: str) -> None:
    with pytest.raises(OptionError) as caught:
        give()
    assert str(caught.value) == says


# ---------------------------------------------------------------- 85: secrets

KEY = "sk-live0123456789abcdefghij"
TOKEN = "hunter2-hunter2-hunter2"
ADDRESS = "https://reader:swordfish99@example.org/data"


@step
def asks(api_key: str) -> int:
    print("with", KEY, "and", TOKEN)
    zenbook.log(api_key=api_key, said=f"used {TOKEN}")
    return len(api_key)


@step
def breaks(api_key: str) -> int:
    raise ConnectionError(f"cannot reach {ADDRESS} with {TOKEN}")


@pytest.mark.parametrize("last", [asks, breaks])
def test_fault_85_no_secret_is_in_any_file_of_the_home_and_another_one_runs_again(
    last: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", TOKEN)

    @pipeline(name="secretive")
    def ask(api_key: str) -> None:
        last(api_key)

    for key in (KEY, KEY[::-1]):
        if last is breaks:
            with pytest.raises(ConnectionError):
                ask(key)
        else:
            assert ask(key).steps["asks"].status == "completed"
    secrets = (KEY, KEY[::-1], TOKEN, "swordfish99")
    assert [
        (secret, files_with(home, secret)) for secret in secrets if files_with(home, secret)
    ] == []


def test_fault_85_the_password_in_an_address_from_the_environment_is_not_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", ADDRESS)

    @step
    def connects(x: int) -> int:
        import os

        return len(os.environ["DATABASE_URL"])

    assert connects(1) == len(ADDRESS)
    assert files_with(home, "swordfish99") == []
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    assert connects(1) == len("sqlite://")


# ---------------------------------------------------------------- the store in mid-pipeline


def damage_every_blob(home: Path) -> None:
    for path in (home / "store").rglob("*"):
        if path.is_file() and not path.name.startswith("cache.db"):
            content = bytearray(path.read_bytes())
            content[-1] ^= 1
            path.write_bytes(bytes(content))


@pytest.mark.filterwarnings("ignore::zenbook.engine.desk.StoreWarning")
def test_fault_01_damage_far_upstream_is_made_again_from_the_start(home: Path) -> None:
    work()
    close_desks()
    damage_every_blob(home)
    run = work(plus=1)
    assert run.steps["total"].output.load() == 999001
    assert [s.status for s in work(plus=1).steps.values()] == ["cached"] * 3


def test_fault_50_a_home_removed_between_two_runs_is_made_anew(home: Path) -> None:
    work()
    shutil.rmtree(home)
    run = work(plus=1)
    assert run.steps["total"].output.load() == 999001
    assert [s.status for s in work(plus=1).steps.values()] == ["cached"] * 3


def test_fault_50_a_home_removed_by_a_step_does_not_end_the_run(home: Path) -> None:
    @step
    def removes(x: int) -> int:
        shutil.rmtree(home)
        return x

    @pipeline(name="removing")
    def remove() -> None:
        total(doubled([removes(3)]), 1)

    assert remove().steps["total"].status == "completed"
    assert open_desk().home == home


@pytest.mark.filterwarnings("ignore::zenbook.engine.desk.StoreWarning")
@pytest.mark.parametrize("part", ["store", "history", "both"])
def test_fault_45_a_disk_that_fills_up_in_mid_pipeline_does_not_end_the_run(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise StoreFault("No space left on device")

    @step(enable_cache=False)
    def fills(x: int) -> int:
        desk = open_desk()
        if part != "history":
            monkeypatch.setattr(type(desk.store), "put", full)
        if part != "store":
            for name in ("add", "set_step", "end_run"):
                monkeypatch.setattr(type(desk.history), name, full)
        return x

    @pipeline(name="filling")
    def fill() -> None:
        total(doubled([fills(3), 4]), 1)

    run = fill()
    assert run.status == "completed"
    assert [s.status for s in run.steps.values()] == ["completed"] * 3
    monkeypatch.undo()


def test_fault_45_the_full_disk_is_told_once_per_run(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = open_desk()

    def full(*_: Any, **__: Any) -> Any:
        raise StoreFault("No space left on device")

    with monkeypatch.context() as patched, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        patched.setattr(type(desk.store), "put", full)
        assert work().status == "completed"
        assert work().status == "completed"
    assert [str(w.message) for w in told] == [
        "zenbook cannot keep results (No space left on device); steps run without it."
    ]
    assert told[0].filename == __file__  # where the user called, no line of ours
    work()
    assert [s.status for s in work().steps.values()] == ["cached"] * 3
