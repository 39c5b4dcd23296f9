"""Pipelines are composed, then run; each run, version and cause is on record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest

import zenbook
from zenbook import pipeline, step
from zenbook.engine.desk import close_desks
from zenbook.errors import OptionError, PipelineError, StepError, UsageError
from zenbook.model import Hit, Miss, Unsure


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ZENBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    close_desks()
    yield tmp_path
    close_desks()


ran: list[str] = []


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


@step(ignore=["log"])
def load(log: Any = None):
    data, target = [1, 2, 3], [0, 1, 0]
    return data, target


@step
def train(data, target, gamma):
    zenbook.log(accuracy=gamma * 2)
    print("training with", gamma)
    return {"gamma": gamma, "size": len(data) + len(target)}


@step
def other_train(data, target, gamma):
    return {"other": gamma}


@pipeline
def study(gamma: float = 0.1):
    data, target = load()
    train(data=data, target=target, gamma=gamma)


@step
def twice(shares: bool):
    one = [1]
    both = {"a": one, "b": one if shares else [1]}
    return both


@step
def first_of(both):
    first = both["a"]
    return first


@step
def second_after_the_first(both):
    both["a"].append(2)
    second = len(both["b"])
    return second


@pipeline
def sharing(shares: bool = True):
    both = twice(shares)
    first_of(both)
    second_after_the_first(both)


def statuses(run: Any) -> dict[str, str]:
    return {name: handle.status for name, handle in run.steps.items()}


def test_another_parameter_is_another_run_of_the_same_version() -> None:
    first, second = study(gamma=0.1), study(gamma=0.2)
    assert (first.version, first.number) == (1, 1)
    assert (second.version, second.number) == (1, 2)
    assert statuses(second) == {"load": "cached", "train": "completed"}
    assert second.steps["train"].why == "gamma 0.1→0.2"
    assert second.steps["train"].outputs["output"].load() == {"gamma": 0.2, "size": 6}


def test_a_replaced_step_is_the_next_version_and_going_back_gives_the_first_again() -> None:
    @pipeline(name="study")
    def changed(gamma: float = 0.1):
        data, target = load()
        other_train(data=data, target=target, gamma=gamma)

    study()
    assert changed().version == 2
    back = study()
    assert back.version == 1
    assert statuses(back) == {"load": "cached", "train": "cached"}


def test_other_connections_are_another_version() -> None:
    @pipeline(name="study")
    def crossed(gamma: float = 0.1):
        data, target = load()
        train(data=target, target=data, gamma=gamma)

    assert (study().version, crossed().version) == (1, 2)


def test_a_hit_names_the_run_that_made_it_and_brings_its_metrics_and_prints_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = study()
    capsys.readouterr()
    second = study()
    told = capsys.readouterr().out
    assert second.steps["train"].origin == first.id
    assert second.steps["train"].metrics == {"accuracy": 0.2}
    assert "training with 0.1" in told
    assert "Using cached version of train.\n  from study:1, saved" in told


RUN, STEP, PIPELINE = [None, True, False], [None, True, False], [None, True, False]


@pytest.mark.parametrize("at_run", RUN)
@pytest.mark.parametrize("at_step", STEP)
@pytest.mark.parametrize("at_pipeline", PIPELINE)
def test_run_time_outranks_step_outranks_pipeline_outranks_on(
    at_run: bool | None, at_step: bool | None, at_pipeline: bool | None
) -> None:
    @step(enable_cache=at_step)
    def one():
        return 1

    @pipeline(enable_cache=at_pipeline)
    def short():
        one()

    short()
    again = short.with_options(enable_cache=at_run)() if at_run is not None else short()
    said = [value for value in (at_run, at_step, at_pipeline) if value is not None]
    expected = "cached" if (said[0] if said else True) else "completed"
    assert again.steps["one"].status == expected


def test_the_older_form_passes_steps_in_and_waits_for_run() -> None:
    @pipeline
    def older(step_1, step_2):
        data, target = step_1()
        step_2(data, target, 0.5)

    older(step_1=load, step_2=train).run()
    assert statuses(older(step_1=load, step_2=train).run()) == {"load": "cached", "train": "cached"}
    fresh = older(step_1=load, step_2=train).run(enable_cache=False)
    assert statuses(fresh) == {"load": "completed", "train": "completed"}
    assert statuses(fresh.run(enable_cache=True)) == {"load": "cached", "train": "cached"}


def test_a_plan_gives_every_verdict_without_running_anything() -> None:
    before = study.plan()
    assert [type(planned.verdict) for planned in before.steps] == [Miss, Unsure]
    study()
    after = study.plan(gamma=0.7)
    assert isinstance(after.steps[0].verdict, Hit)
    assert isinstance(after.steps[1].verdict, Miss)
    assert after.steps[1].verdict.why == "gamma 0.1→0.7"
    assert after.steps[1].expected is not None
    assert len(zenbook.runs()) == 1


def test_a_placeholder_used_as_a_value_is_a_clear_error() -> None:
    @pipeline
    def wrong():
        data, target = load()
        if data:
            train(data, target, 1.0)

    with pytest.raises(PipelineError, match="has no value while the pipeline is composed"):
        wrong()


def test_one_output_cannot_be_unpacked_and_says_what_to_do() -> None:
    @pipeline
    def wrong():
        _a, _b = train([1], [2], 0.1)

    with pytest.raises(PipelineError, match="return a, b"):
        wrong()


def test_a_call_that_does_not_fit_names_the_pipeline_or_the_step() -> None:
    @step
    def one(n):
        return n

    @pipeline
    def counting(n=1):
        one(n)

    with pytest.raises(TypeError, match=r"^counting\(\): got an unexpected keyword argument 'm'$"):
        counting(m=3)
    with pytest.raises(TypeError, match=r"^one\(\): missing a required argument: 'n'$"):
        one()


def test_a_pipeline_without_steps_is_an_error() -> None:
    @pipeline
    def nothing():
        return None

    with pytest.raises(PipelineError, match="nothing has no steps"):
        nothing()


def test_a_cycle_through_after_names_its_steps() -> None:
    @pipeline
    def round_and_round():
        data, target = load(after="train")
        train(data, target, 0.1)

    with pytest.raises(PipelineError, match=r"(load, train|train, load) wait for each other"):
        round_and_round()


def test_after_orders_steps_that_share_nothing() -> None:
    order: list[str] = []

    @step(enable_cache=False)
    def late():
        order.append("late")

    @step(enable_cache=False)
    def early():
        order.append("early")

    @pipeline
    def ordered():
        late(after="early")
        early()

    ordered()
    assert order == ["early", "late"]


def test_two_steps_of_one_name_get_a_number() -> None:
    @pipeline
    def twice():
        data, target = load()
        train(data, target, 0.1)
        train(data, target, 0.2)

    assert list(twice().steps) == ["load", "train", "train_2"]


def test_another_number_of_outputs_than_composed_is_an_error() -> None:
    @step
    def fickle() -> tuple[int, int]:
        return (1, 2, 3)

    @pipeline
    def wrong():
        a, b = fickle()
        train(a, b, 0.1)

    with pytest.raises(StepError, match="returned 3 values where 2 were composed"):
        wrong()


def test_annotated_outputs_have_their_names() -> None:
    @step
    def split() -> tuple[Annotated[int, "left"], Annotated[int, "right"]]:
        return 1, 2

    @pipeline
    def named():
        split()

    run = named()
    assert {n: o.load() for n, o in run.steps["split"].outputs.items()} == {"left": 1, "right": 2}


def test_a_failed_step_says_which_and_a_later_run_reuses_what_came_before_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = [True]

    @step(enable_cache=True, ignore=["cell"])
    def fragile(data, cell):
        if cell[0]:
            raise ValueError("no luck")
        return len(data)

    @step
    def last(n):
        return n

    @pipeline
    def risky():
        data, _ = load()
        last(fragile(data, broken))

    with pytest.raises(ValueError, match="no luck") as caught:
        risky()
    assert "in step fragile of pipeline risky" in caught.value.__notes__
    assert caught.traceback[-1].name == "fragile"
    assert "Step fragile failed" in capsys.readouterr().out
    failed = zenbook.runs()[0]
    assert failed.status == "failed"
    assert statuses(failed) == {"load": "completed", "fragile": "failed", "last": "skipped"}
    broken[0] = False
    assert statuses(risky()) == {"load": "cached", "fragile": "completed", "last": "completed"}


def test_an_async_step_runs_in_a_pipeline_and_is_cached() -> None:
    import asyncio

    @step
    async def fetch(n):
        await asyncio.sleep(0)
        return n * 2

    @pipeline
    def waiting():
        fetch(2)

    assert waiting().steps["fetch"].outputs["output"].load() == 4
    assert waiting().steps["fetch"].status == "cached"
    assert asyncio.run(fetch(2)) == 4


def test_a_step_may_call_a_step() -> None:
    calls: list[int] = []

    @step(rng="ignore")
    def inner(x):
        return x + 1

    @step
    def outer(x):
        return inner(x) * 10

    assert (outer(1), outer(1), inner(1)) == (20, 20, 2)
    assert calls == []


def test_a_step_that_failed_is_tried_again_as_often_as_retries_say() -> None:
    tries: list[int] = []

    @step(retries=2, ignore=["seen"])
    def shaky(seen):
        seen.append(1)
        if len(seen) < 3:
            raise OSError("not yet")
        return len(seen)

    assert shaky(tries) == 3


def test_ttl_ends_a_results_life() -> None:
    @step(ttl="1h")
    def hourly():
        return 1

    @pipeline
    def timed():
        hourly()

    timed()
    assert timed().steps["hourly"].status == "cached"
    desk = zenbook.engine.desk.open_desk()  # type: ignore[attr-defined]
    later = desk.clock.now() + 7200

    class Later:
        def now(self) -> float:
            return later

        tick = staticmethod(desk.clock.tick)

    object.__setattr__(desk, "clock", Later())
    run = timed()
    assert (run.steps["hourly"].status, run.steps["hourly"].why) == ("completed", "expired")


def test_an_unknown_option_is_refused_with_the_likeliest() -> None:
    with pytest.raises(OptionError, match="Did you mean enable_cache"):
        step(enable_cach=True)(lambda: 1)


def test_runs_have_names_tags_and_notes_and_are_found_by_them() -> None:
    study.with_options(name="baseline", tags=["best"], note="before tuning")()
    study(gamma=0.3)
    assert [run.name for run in zenbook.runs(tag="best")] == ["baseline"]
    assert zenbook.show("study:1").note == "before tuning"
    assert len(zenbook.runs(pipeline="study")) == 2
    assert "accuracy=0.6" in repr(zenbook.runs())
    assert zenbook.runs()[0].tag("kept").tags == ("kept",)
    with pytest.raises(UsageError, match="Runs are counted within their pipeline"):
        zenbook.restore(1)  # type: ignore[arg-type]


def test_the_difference_of_two_runs_names_parameters_and_outputs() -> None:
    study(gamma=0.1)
    study(gamma=0.2)
    found = zenbook.diff("study:1", "study:2")
    assert found.parameters == (("gamma", "0.1", "0.2"),)
    assert [(s.step, s.outputs) for s in found.steps] == [("train", ("output",))]
    assert "gamma 0.1→0.2" in repr(found)


def test_why_tells_every_change() -> None:
    study(gamma=0.1)
    study(gamma=0.2)
    assert zenbook.why("train").why == "gamma 0.1→0.2"
    assert zenbook.why("load").why == "nothing changed"


def test_an_input_changed_in_place_is_put_back_on_a_hit() -> None:
    @step
    def grow(values):
        values.append(4)
        return sum(values)

    first, second = [1], [1]
    assert (grow(first), grow(second)) == (5, 5)
    assert first == second == [1, 4]


def test_an_output_that_is_an_input_stays_that_object() -> None:
    @step
    def same(values):
        return values

    given = [1]
    same(given)
    assert same(given) is given


def test_a_value_no_digest_can_describe_runs_and_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import threading

    @step(name="locked")
    def locked(lock):
        return 1

    @pipeline
    def with_lock(lock):
        locked(lock)

    run = with_lock(threading.Lock())
    assert run.steps["locked"].status == "completed"
    assert "lock" in run.steps["locked"].why
    assert with_lock(threading.Lock()).steps["locked"].status == "completed"


def test_a_plan_hashes_no_value_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    from zenbook.core.digest import Digester

    big = list(range(1000))
    hashed: list[int] = []
    real = Digester.digest
    monkeypatch.setattr(
        Digester, "digest", lambda self, value: (hashed.append(id(value)), real(self, value))[1]
    )

    @pipeline
    def shared(values):
        train(values, values, 0.1)
        other_train(values, values, 0.1)

    shared.plan(big)
    assert hashed.count(id(big)) == 1


def test_a_value_counts_with_its_packages_whether_live_or_by_reference() -> None:
    numpy = pytest.importorskip("numpy")

    @step
    def make():
        return [numpy.arange(3)]

    @step
    def use(arrays):
        return len(arrays)

    @pipeline
    def chained():
        use(make())

    run = chained()
    assert use(make()) == 1
    assert len(zenbook.engine.desk.open_desk().candidates(run.steps["use"].line.key)) == 1  # type: ignore[attr-defined]


def test_an_output_that_holds_an_input_holds_that_very_object_on_a_hit() -> None:
    @step
    def wrap(values):
        return {"inside": values}

    given = [1]
    wrap(given)
    held = wrap(given)
    given.append(2)
    assert held == {"inside": [1, 2]}


def test_an_array_that_looks_into_an_inputs_memory_is_made_anew() -> None:
    numpy = pytest.importorskip("numpy")

    @step
    def head(values):
        return values[:2]

    given = numpy.arange(4)
    head(given)
    seen = head(given)
    given[0] = 9
    assert seen.tolist() == [9, 1]


def test_a_nested_input_changed_in_place_is_changed_by_running_again() -> None:
    @step
    def fill(config):
        config["inner"]["x"] = 1
        return 0

    for _ in range(2):
        config: dict[str, dict[str, int]] = {"inner": {}}
        inner = config["inner"]
        fill(config)
        assert inner == {"x": 1}


def test_a_wrapped_function_is_called_as_it_can_be_called() -> None:
    import functools

    def twice(function):
        @functools.wraps(function)
        def wrapper(*args):
            return function(*args) * 2

        return wrapper

    @step
    @twice
    def add(x, y=1):
        return x + y

    assert (add(3), add(3, y=2)) == (8, 10)


def test_what_cache_func_gives_is_a_part_of_the_key() -> None:
    day = ["monday"]

    @step(cache_func=lambda: day[0])
    def daily():
        return 1

    @pipeline
    def report():
        daily()

    report()
    assert report().steps["daily"].status == "cached"
    day[0] = "tuesday"
    assert "monday" in report().steps["daily"].why


def test_a_cache_func_without_a_digest_is_a_clear_error() -> None:
    import threading

    @step(cache_func=threading.Lock)
    def locked():
        return 1

    with pytest.raises(OptionError, match="cache_func of step locked gave what no digest"):
        locked()


def test_a_record_of_a_body_that_returns_nothing_gives_none(home: Path) -> None:
    from zenbook.engine.drivers import perform
    from zenbook.engine.sitting import Sitting

    @step
    def speak(word):
        print(word)

    desk = zenbook.engine.desk.open_desk()  # type: ignore[attr-defined]
    call = speak.call({"word": "hi"}, speak.options)
    perform(call, Sitting(rebinds=True), desk, lambda _: {})  # as a cell leaves it: no output
    assert speak("hi") is None
    assert zenbook.runs() is not None


def test_a_record_that_changed_an_input_gives_it_to_a_function_that_returns_it() -> None:
    from zenbook.engine.drivers import perform
    from zenbook.engine.sitting import Sitting

    @step
    def grow(values):
        values.append(9)
        return values

    desk = zenbook.engine.desk.open_desk()  # type: ignore[attr-defined]
    call = grow.call({"values": [1]}, grow.options)
    perform(call, Sitting(rebinds=True), desk, lambda _: {})

    @pipeline
    def growing():
        grow([1])

    run = growing()
    assert run.steps["grow"].status == "cached"
    given = [1]
    assert grow(given) is given
    assert given == [1, 9]


def test_a_pipeline_may_take_any_number_of_values() -> None:
    @pipeline
    def many(*rest, **named):
        for value in rest:
            train([1], [2], value)

    assert list(many(0.1, 0.2, note="x").steps) == ["train", "train_2"]


def test_what_an_input_holds_twice_is_no_reason_where_each_step_loads_its_own() -> None:
    sharing()
    names = ("twice", "first_of", "second_after_the_first")
    assert statuses(sharing()) == dict.fromkeys(names, "cached")
    apart = sharing(False)
    assert statuses(apart) == {**statuses(apart), "twice": "completed", "first_of": "cached"}
    assert apart.steps["second_after_the_first"].status == "completed"
