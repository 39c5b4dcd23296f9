"""A small pipeline with a history, as model values: what the golden files are made from."""

from __future__ import annotations

from typing import Any

from zenbook.model import (
    Artifact,
    Change,
    Edge,
    Fingerprint,
    Hit,
    Miss,
    Part,
    Plan,
    PlannedStep,
    Read,
    Record,
    Run,
    Shape,
    Step,
    StepRun,
    Unsure,
    Version,
)

NOON = 1_790_000_000.0

LOAD = """digits = load_digits()
X = digits.data / 16.0
X_train, X_test, y_train, y_test = train_test_split(X, digits.target, random_state=0)
"""
TRAIN = "model = SVC(gamma=gamma)\nmodel.fit(X_train, y_train)\n"
TRAIN_2 = "model = SVC(gamma=gamma, C=10)\nmodel.fit(X_train, y_train)\n"
SCORE = 'score = model.score(X_test, y_test)\nprint(f"accuracy = {score:.3f}")\n'
REPORT = "confusion = confusion_matrix(y_test, model.predict(X_test))\nplot(confusion)\n"


def step(name: str, source: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Step:
    return Step(name, f"{abs(sum(map(ord, source))):032x}", source, inputs, outputs)


def shape(train: str) -> Shape:
    split = ("X_train", "X_test", "y_train", "y_test")
    steps = (
        step("load_data", LOAD, (), split),
        step("train", train, ("X_train", "y_train", "gamma"), ("model",)),
        step("evaluate", SCORE, ("model", "X_test", "y_test"), ("score",)),
        step("report", REPORT, ("model", "X_test", "y_test"), ("confusion",)),
    )
    edges = (
        Edge("load_data", "X_train", "train", "X_train"),
        Edge("load_data", "y_train", "train", "y_train"),
        Edge("train", "model", "evaluate", "model"),
        Edge("load_data", "X_test", "evaluate", "X_test"),
        Edge("load_data", "y_test", "evaluate", "y_test"),
        Edge("train", "model", "report", "model"),
        Edge("load_data", "X_test", "report", "X_test"),
        Edge("load_data", "y_test", "report", "y_test"),
    )
    return Shape(f"{len(train):032x}", steps, edges, ("gamma",))


VERSION_1 = Version("train_digits", 1, shape(TRAIN), NOON - 7200)
VERSION_2 = Version("train_digits", 2, shape(TRAIN_2), NOON - 600)


def artifact(
    name: str, type: str, size: int, dims: tuple[int, ...] | None, preview: str, seed: int
) -> Artifact:
    digest = f"{seed * 7919 + sum(map(ord, name)):032x}"
    return Artifact(name, digest[::-1], digest, size, type, dims, preview)


def record(
    id: str,
    step: str,
    seconds: float,
    artifacts: tuple[Artifact, ...],
    gamma: str = "0.0015",
    run: str = "r-1",
) -> Record:
    parts = [
        Part("code", step, f"{len(step):032x}"),
        Part("environment", "python", "3" * 32, "3.11"),
    ]
    if step == "train":
        parts.append(Part("input", "gamma", f"{sum(map(ord, gamma)):032x}", gamma))
        parts.append(Part("input", "X_train", "a1" * 16, "ndarray 1347×64"))
    reads = (Read("file", "data/labels.csv", "b2" * 16, "2.1 kB"),) if step == "load_data" else ()
    wrote = (Read("file", "out/confusion.png", "c3" * 16, "18 kB"),) if step == "report" else ()
    return Record(
        id=id,
        step=step,
        fingerprint=Fingerprint(tuple(parts), f"{seconds:032.0f}"),
        reads=reads,
        wrote=wrote,
        artifacts=artifacts,
        changed=(),
        deleted=(),
        random_after=(),
        displays=None,
        seals={},
        seconds=seconds,
        started=NOON,
        python="cp311-pickle5",
        run=run,
    )


SPLIT = (
    artifact("X_train", "numpy.ndarray", 689_664, (1347, 64), "[[0.   0.   0.31 …", 1),
    artifact("X_test", "numpy.ndarray", 230_400, (450, 64), "[[0.   0.   0.69 …", 1),
    artifact("y_train", "numpy.ndarray", 10_776, (1347,), "[6 5 2 … 7 7 8]", 1),
    artifact("y_test", "numpy.ndarray", 3_600, (450,), "[2 8 2 … 2 7 4]", 1),
)
RECORDS = {
    "k-load": record("k-load", "load_data", 3.2, SPLIT),
    "k-train-1": record(
        "k-train-1",
        "train",
        12.4,
        (artifact("model", "sklearn.svm.SVC", 412_880, None, "SVC(gamma=0.0015)", 2),),
    ),
    "k-train-2": record(
        "k-train-2",
        "train",
        12.1,
        (artifact("model", "sklearn.svm.SVC", 398_204, None, "SVC(C=10, gamma=0.0016)", 3),),
        "0.0016",
        "r-3",
    ),
    "k-eval-1": record(
        "k-eval-1", "evaluate", 0.61, (artifact("score", "float", 117, None, "0.9711", 4),)
    ),
    "k-eval-2": record(
        "k-eval-2",
        "evaluate",
        0.58,
        (artifact("score", "float", 117, None, "0.9911", 5),),
        run="r-3",
    ),
    "k-rep-1": record(
        "k-rep-1",
        "report",
        1.9,
        (artifact("confusion", "numpy.ndarray", 992, (10, 10), "[[37  0  0 …", 6),),
    ),
}

GAMMA = Change(
    Part("input", "gamma", "1" * 32, "0.0015"), Part("input", "gamma", "2" * 32, "0.0016")
)
CODE = Change(Part("code", "train", "1" * 32), Part("code", "train", "2" * 32))


def ran(
    step: str,
    place: int,
    why: str,
    cause: str,
    seconds: float,
    record: str,
    run: str,
    **more: Any,
) -> StepRun:
    return StepRun(
        step, place, "completed", cause, why, seconds, 0.0, record, run, "k" * 32, **more
    )


def hit(step: str, place: int, saved: float, record: str) -> StepRun:
    return StepRun(
        step, place, "cached", "", "unchanged since run 1", 0.004, saved, record, "r-1", "k" * 32
    )


RUN_1 = Run(
    "r-1",
    "train_digits",
    1,
    1,
    "calm-otter",
    "completed",
    {"gamma": "0.0015", "seed": "0"},
    NOON - 7200,
    NOON - 7181.9,
    (
        ran(
            "load_data",
            0,
            "first run",
            "first run",
            3.2,
            "k-load",
            "r-1",
            remarks=("read data/labels.csv",),
        ),
        ran("train", 1, "first run", "first run", 12.4, "k-train-1", "r-1"),
        ran(
            "evaluate",
            2,
            "first run",
            "first run",
            0.61,
            "k-eval-1",
            "r-1",
            metrics={"accuracy": 0.9711},
        ),
        ran("report", 3, "first run", "first run", 1.9, "k-rep-1", "r-1"),
    ),
    ("first",),
    "the first that worked",
    "notebook train_digits.ipynb",
)
RUN_2 = Run(
    "r-2",
    "train_digits",
    1,
    2,
    "quick-heron",
    "cached",
    {"gamma": "0.0015", "seed": "0"},
    NOON - 3600,
    NOON - 3599.98,
    (
        hit("load_data", 0, 3.2, "k-load"),
        hit("train", 1, 12.4, "k-train-1"),
        hit("evaluate", 2, 0.61, "k-eval-1"),
        hit("report", 3, 1.9, "k-rep-1"),
    ),
    (),
    "",
    "script train_digits.py",
    {"accuracy": 0.9711},
)
RUN_3 = Run(
    "r-3",
    "train_digits",
    2,
    3,
    "bold-finch",
    "failed",
    {"gamma": "0.0016", "seed": "0"},
    NOON - 600,
    NOON - 586.2,
    (
        hit("load_data", 0, 3.2, "k-load"),
        ran(
            "train",
            1,
            "code changed",
            "code changed",
            12.1,
            "k-train-2",
            "r-3",
            changes=(CODE, GAMMA),
        ),
        ran(
            "evaluate",
            2,
            "input model changed",
            "input changed",
            0.58,
            "k-eval-2",
            "r-3",
            metrics={"accuracy": 0.9911},
        ),
        StepRun(
            "report",
            3,
            "failed",
            "input changed",
            "input model changed",
            0.9,
            0.0,
            "",
            "r-3",
            "k" * 32,
            "ValueError: confusion matrix must be square",
        ),
    ),
    (),
    "",
    "notebook train_digits.ipynb",
    {"loss": 0.021},
)
RUN_4 = Run(
    "r-4",
    "train_digits",
    2,
    4,
    "keen-wren",
    "running",
    {"gamma": "0.002", "seed": "0"},
    NOON - 5,
    None,
    (
        hit("load_data", 0, 3.2, "k-load"),
        StepRun(
            "train",
            1,
            "running",
            "input changed",
            "gamma 0.0016→0.002",
            0.0,
            0.0,
            "",
            "r-4",
            "k" * 32,
        ),
    ),
    (),
    "",
    "notebook train_digits.ipynb",
)
RUNS = (RUN_4, RUN_3, RUN_2, RUN_1)

PLAN = Plan(
    "train_digits",
    (
        PlannedStep("load_data", Hit(RECORDS["k-load"]), 0.0),
        PlannedStep("train", Miss((CODE, GAMMA), "code changed", "code changed"), 12.1),
        PlannedStep("evaluate", Unsure(("train",)), 0.6),
        PlannedStep("report", Unsure(("train",)), None),
    ),
)

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==\n"
)
EVENTS = (
    {"name": "stdout", "text": "\x1b[32maccuracy\x1b[0m = 0.991\n"},
    {"name": "stderr", "text": "ConvergenceWarning: not converged\n"},
    {"data": {"text/html": "<img src=x onerror=alert(1)>", "text/plain": "SVC(C=10)"}},
    {
        "data": {
            "image/png": PIXEL,
            "text/plain": "<Figure>",
        }
    },
)

EVIL = "</script><img src=x onerror=alert(1)>\x1b[31mred\x1b]0;title\x07\u202egnp.exe"
EVIL_MARKUP = '<a data-commandlinker-command="notebook:run-all" href="javascript:alert(1)">x</a>'


def hostile_run() -> Run:
    """A run whose every text tries to be something else."""
    broken = StepRun(
        EVIL,
        0,
        "failed",
        EVIL,
        EVIL_MARKUP,
        1.0,
        0.0,
        "",
        EVIL,
        "k" * 32,
        EVIL + EVIL_MARKUP,
        EVIL,
        (EVIL, EVIL_MARKUP),
        {EVIL: EVIL, "nan": float("nan"), "huge": 10**400},
        (CODE, GAMMA),
    )
    return Run(
        "r-evil",
        EVIL,
        1,
        1,
        EVIL_MARKUP,
        "failed",
        {EVIL: EVIL_MARKUP, "__proto__": "polluted"},
        NOON,
        NOON + 1,
        (broken,),
        (EVIL, EVIL_MARKUP),
        EVIL_MARKUP,
        EVIL,
        {"constructor": 1},
    )


def hostile_version() -> Version:
    steps = (
        step(EVIL, EVIL_MARKUP + "\n" + EVIL, (), (EVIL,)),
        step(EVIL_MARKUP, "x", (EVIL,), ()),
    )
    return Version(
        EVIL, 1, Shape("0" * 32, steps, (Edge(EVIL, EVIL, EVIL_MARKUP, EVIL),), ()), NOON
    )
