"""Warnings and log records that the program itself hears, and may remember."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

LOGGER = "import logging\nlog = logging.getLogger('heard')\nlog.propagate = False\n"
OWN = (
    "heard = []\nclass Hearing(logging.Handler):\n"
    "    def emit(self, record): heard.append(record.getMessage())\n"
)
RECORDED = (
    "import warnings\nrecording = warnings.catch_warnings(record=True)\n"
    "heard = recording.__enter__()\nwarnings.simplefilter('always')"
)
ENDED = "recording.__exit__(None, None, None)"
LOGS, WARNS = "log.warning('boo')", "warnings.warn('boo')"
HEARD = {
    "a handler of the program's": (f"{LOGGER}{OWN}log.handlers[:] = [Hearing()]", LOGS, "heard"),
    "one of the root logger": (
        f"{LOGGER}{OWN}log.propagate = True\nlogging.root.handlers[:] = [Hearing()]",
        LOGS,
        "[heard, logging.root.handlers.clear()]",
    ),
    "a stream in memory": (
        (
            f"{LOGGER}import io\nheard = io.StringIO()\n"
            "log.handlers[:] = [logging.StreamHandler(heard)]"
        ),
        LOGS,
        "heard.getvalue()",
    ),
    "a buffer": (
        f"{LOGGER}import logging.handlers as h\nlog.handlers[:] = [h.MemoryHandler(9)]",
        LOGS,
        "len(log.handlers[0].buffer)",
    ),
    "recorded warnings": (RECORDED, WARNS, f"[{ENDED}, [str(each.message) for each in heard]]"),
    "a function that shows warnings": (
        (
            "import warnings\nheard, usual = [], warnings.showwarning\n"
            "warnings.showwarning = lambda message, *rest, **more: heard.append(str(message))"
        ),
        WARNS,
        "[heard, setattr(warnings, 'showwarning', usual)]",
    ),
    "a function that words warnings": (
        (
            "import warnings\nheard, usual = [], warnings.formatwarning\n"
            "warnings.formatwarning = lambda told, *rest: heard.append(str(told)) or str(told)"
        ),
        WARNS,
        "[heard, setattr(warnings, 'formatwarning', usual)]",
    ),
    "a handler that shows and counts": (
        (
            f"{LOGGER}class Counting(logging.StreamHandler):\n    count = 0\n"
            "    def emit(self, record):\n        print(self.format(record))\n"
            "        self.count += 1\nlog.handlers[:] = [Counting()]"
        ),
        LOGS,
        "log.handlers[0].count",
    ),
    "a handler that shows to a helper": (
        (
            f"{LOGGER}heard = []\nclass Showing(logging.Handler):\n"
            "    def emit(self, record): self.tell(self.format(record))\n"
            "    def tell(self, text): heard.append(text)\nlog.handlers[:] = [Showing()]"
        ),
        LOGS,
        "heard",
    ),
    "a handler's filter": (
        (
            f"{LOGGER}heard = []\nlog.handlers[:] = [logging.StreamHandler()]\n"
            "log.handlers[0].addFilter(lambda record: heard.append(record.msg) or True)"
        ),
        LOGS,
        "heard",
    ),
    "a logger's filter": (
        (
            f"{LOGGER}heard = []\nlog.filters[:] = []\nlog.handlers[:] = [logging.NullHandler()]\n"
            "log.addFilter(lambda record: heard.append(record.msg) or True)"
        ),
        LOGS,
        "[heard, log.filters.clear()]",
    ),
    "a formatter": (
        (
            f"{LOGGER}heard = []\nclass Wording(logging.Formatter):\n"
            "    def format(self, record):\n        heard.append(record.msg)\n"
            "        return super().format(record)\nlog.handlers[:] = [logging.StreamHandler()]\n"
            "log.handlers[0].setFormatter(Wording())"
        ),
        LOGS,
        "heard",
    ),
    "the method of a list": (
        (
            f"{LOGGER}heard = []\nlog.handlers[:] = [logging.StreamHandler()]\n"
            "log.handlers[0].addFilter(heard.append)"
        ),
        LOGS,
        "len(heard)",
    ),
}
FILE = f"{LOGGER}log.handlers[:] = [logging.FileHandler('app.log', 'w')]"
BARS = (
    f"{LOGGER}from tqdm import tqdm\nclass Bars(logging.StreamHandler):\n"
    "    def __init__(self, mark):\n        super().__init__()\n        self.mark = mark\n"
    "    def emit(self, record):\n        try:\n"
    "            tqdm.write(self.mark + self.format(record))\n            self.flush()\n"
    "        except Exception:\n            self.handleError(record)\n"
    "log.handlers[:] = [Bars('> ')]"
)
COLOURS = (
    f"{LOGGER}import sys\nGREY = '<grey>'\nclass Colours(logging.Formatter):\n"
    "    FORMATS = {logging.WARNING: GREY + '%(message)s'}\n"
    "    def format(self, record):\n        record.levelname = record.levelname.lower()\n"
    "        wording = logging.Formatter(self.FORMATS.get(record.levelno))\n"
    "        return wording.format(record)\nlog.handlers[:] = [logging.StreamHandler(sys.stdout)]\n"
    "log.handlers[0].setFormatter(Colours())"
)
UNHEARD = {
    "a handler that shows": (f"{LOGGER}log.handlers[:] = [logging.StreamHandler()]", LOGS),
    "nothing": ("import warnings", WARNS),
    "a handler of one's own that shows": (BARS, LOGS),
    "a formatter of one's own": (COLOURS, LOGS),
    "a function of one's own that shows warnings": (
        "import warnings\nwarnings.showwarning = lambda told, *rest, **more: print('!', told)",
        WARNS,
    ),
    "a stream that the step makes": (
        f"{LOGGER}import io",
        (
            f"mine = logging.StreamHandler(io.StringIO())\nlog.addHandler(mine)\n{LOGS}\n"
            "log.removeHandler(mine)\ntext = mine.stream.getvalue()\ndel mine"
        ),
    ),
    "warnings that the step records": (
        "import warnings",
        (
            f"with warnings.catch_warnings(record=True) as mine:\n    {WARNS}\n"
            "number = len(mine)\ndel mine"
        ),
    ),
}


@pytest.mark.parametrize("case", HEARD)
def test_what_the_program_itself_hears_it_hears_each_time(case: str, kernel: Kernel) -> None:
    made, says, asked = HEARD[case]
    kernel.play(made, says)
    expected = kernel.ask(asked)
    for _ in range(2):
        kernel.fresh()
        assert "which may remember it" in (
            said := kernel.play(made, f"%%step s\n{says}")[-1].said
        ), said
        assert kernel.ask(asked) == expected


@pytest.mark.parametrize("case", UNHEARD)
def test_what_nobody_else_hears_is_kept(case: str, kernel: Kernel) -> None:
    made, says = UNHEARD[case]
    for status in ("completed", "cached"):
        kernel.fresh()
        cell = kernel.play(made, f"%%step s\n{says}")[-1]
        assert cell.status == status, cell.said


def test_a_warning_that_is_recorded_by_now_is_no_hit(kernel: Kernel) -> None:
    kernel.play("import warnings", f"%%step s\n{WARNS}")
    kernel.fresh()
    again = kernel.play(RECORDED, f"%%step s\n{WARNS}")[-1]
    assert again.status == "completed"
    assert kernel.value(f"[{ENDED}, len(heard)]") == [None, 1]


def test_a_file_that_a_handler_had_open_gets_its_lines_each_time(kernel: Kernel) -> None:
    for _ in range(2):
        kernel.fresh()
        said = kernel.play(FILE, f"%%step s\n{LOGS}")[-1].said
        assert "it logs into app.log, which was open before" in said, said
        assert kernel.value("[log.handlers[0].flush(), open('app.log').read()]") == [None, "boo\n"]


def test_what_a_handler_shows_is_shown_by_a_hit_and_another_manner_is_a_reason(
    kernel: Kernel,
) -> None:
    for made, status, shown in (
        *((BARS, status, "> boo\n") for status in ("completed", "cached")),
        *((BARS.replace("'> '", "'* '"), status, "* boo\n") for status in ("completed", "cached")),
        (BARS.replace("self.mark +", "2 * self.mark +"), "completed", "> > boo\n"),
    ):
        kernel.fresh()
        cell = kernel.play(made, f"%%step s\n{LOGS}")[-1]
        assert (cell.status, cell.stream()) == (status, shown)
