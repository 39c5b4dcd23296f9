"""Models of pydantic are classes like others: what they are made of counts, what is built of that
does not, since it holds the addresses of classes."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import OTHER_PYTHON, Kernel

pytestmark = pytest.mark.skipif(bool(OTHER_PYTHON), reason="pydantic is not there")
IMPORTS = (
    "from pydantic import BaseModel, Field, computed_field, field_serializer, field_validator\n"
    "from typing import Optional"
)
PART = (
    "class Part(BaseModel):\n    n: int = 0\n"
    "    @field_validator('n')\n    @classmethod\n    def more(cls, n):\n        return n + 1\n"
    "    @field_serializer('n')\n    def told(self, n):\n        return n * 10"
)
WHOLE = (
    "class Whole(BaseModel):\n    a: int\n    b: str = 'x'\n    part: Optional[Part] = None\n"
    "    many: list[int] = Field(default_factory=list)\n"
    "    @computed_field\n    @property\n    def twice(self) -> int:\n        return self.a * 2"
)
STEPS = (
    "%%step make\nmade = Whole(a=1, part=Part(n=4))",
    "%%step tell\nmade.model_dump_json()",
    '%%step read\nWhole.model_validate_json(\'{"a": 3, "part": {"n": 1}}\').part.n',
)


def test_steps_with_models_are_cached_after_a_restart(kernel: Kernel) -> None:
    first = kernel.play(IMPORTS, PART, WHOLE, *STEPS)
    assert [cell.status for cell in first[3:]] == ["completed"] * 3, first[-1].traceback
    told = '\'{"a":1,"b":"x","part":{"n":50},"many":[],"twice":2}\''
    assert [cell.result for cell in first[4:]] == [told, "2"]
    kernel.restart()
    again = kernel.play(IMPORTS, PART, WHOLE, *STEPS)
    assert [cell.status for cell in again[3:]] == ["cached"] * 3, [c.said for c in again[3:]]
    assert [cell.result for cell in again[4:]] == [told, "2"]
    kernel.run("made.b = 'changed'; Whole(a=2, part=made.part)")
    assert kernel.run(STEPS[1]).result == told.replace('"x"', '"changed"')


EDITS = {
    "a validator": ("n + 1", "n + 2"),
    "a serializer": ("n * 10", "n * 20"),
    "a default": ("'x'", "'y'"),
    "a type": ("list[int]", "list[str]"),
    "a type in another model": ("n: int", "n: float"),
    "a limit": ("default_factory=list", "default_factory=list, max_length=3"),
    "a computed field": ("self.a * 2", "self.a * 3"),
    "another base": ("class Whole(BaseModel):", "class Whole(BaseModel, extra='allow'):"),
}


def test_a_step_that_defines_a_model_is_cached_after_a_restart(kernel: Kernel) -> None:
    steps = [f"%%step one\n{IMPORTS}\n{PART}\npart = Part(n=1)", f"%%step two\n{WHOLE}"]
    steps.append("%%step three\nclass Small(Part):\n    m: int = 2\nsmall = Small()\nsmall")
    shown = kernel.play(*steps)[-1].result
    for extra in ("", "    k: int = 3\n"):
        for status in ("cached" if not extra else "completed", "cached"):
            kernel.restart()
            last = f"{steps[-1]}".replace("small = ", f"{extra}small = ")
            again = kernel.play(*steps[:-1], last)
            assert [cell.status for cell in again] == ["cached", "cached", status], again[-1].said
            assert again[-1].result == (shown if not extra else shown.replace(")", ", k=3)"))


def test_whatever_of_a_model_is_edited_runs_what_uses_it(kernel: Kernel) -> None:
    kernel.play(IMPORTS, PART, WHOLE, *STEPS)
    for what, (before, after) in EDITS.items():
        edited = [source.replace(before, after) for source in (PART, WHOLE)]
        assert edited != [PART, WHOLE], what
        statuses = [cell.status for cell in kernel.play(*edited, *STEPS)[2:]]
        assert statuses == ["completed"] * 3, what


ADAPTER = "from pydantic import TypeAdapter\nadapter = TypeAdapter(list[Whole])"
ADAPTED = (
    "%%step adapt\nread = adapter.validate_python([{'a': 1, 'part': {'n': 1}}])\nread[0].part.n"
)


def test_an_adapter_counts_as_what_it_reads(kernel: Kernel) -> None:
    assert kernel.play(IMPORTS, PART, WHOLE, ADAPTER, ADAPTED)[-1].status == "completed"
    kernel.restart()
    again = kernel.play(IMPORTS, "class More: pass", PART, WHOLE, ADAPTER, ADAPTED)[-1]
    assert (again.status, again.result) == ("cached", "2"), again.said
    edited = kernel.play(PART.replace("n + 1", "n + 2"), WHOLE, ADAPTER, ADAPTED)[-1]
    assert (edited.status, edited.result) == ("completed", "3"), edited.said
    other = kernel.play(PART, WHOLE, ADAPTER.replace("list", "tuple"), ADAPTED)[-1]
    assert other.status == "completed", other.said


NOTED = (
    "from pydantic import AfterValidator, PlainSerializer\n"
    "from typing import Annotated, NewType\nfrom typing_extensions import TypeAliasType"
)
CODE = "def more(n):\n    return n + 1\ndef told(n):\n    return n * 10"
FIELDS = {
    "of a field": "Annotated[int, AfterValidator(more), PlainSerializer(told)]",
    "of a part of a field": "list[Annotated[int, AfterValidator(more), PlainSerializer(told)]]",
    "of an alias": "Age",
}
ALIAS = "Age = TypeAliasType('Age', Annotated[int, AfterValidator(more), PlainSerializer(told)])"


@pytest.mark.parametrize("field", FIELDS.values(), ids=[*FIELDS])
def test_functions_in_an_annotation_count_by_their_code(kernel: Kernel, field: str) -> None:
    model = f"class Noted(BaseModel):\n    n: {field}"
    given = "[1]" if "list" in field else "1"
    cells = (IMPORTS, NOTED, CODE, ALIAS, model, f"one = Noted(n={given})")
    steps = ("%%step tell\none.model_dump_json()", f"%%step make\nstr(Noted(n={given}).n)")
    kernel.play(*cells, *steps)
    kernel.restart()
    again = kernel.play(*cells, *steps)[-2:]
    assert [cell.status for cell in again] == ["cached"] * 2, [cell.said for cell in again]
    for before, after, shown in (("n + 1", "n + 2", "3"), ("n * 10", "n * 20", "40")):
        code = CODE.replace(before, after)
        edited = kernel.play(code, *cells[3:], *steps)[-2:]
        assert [cell.status for cell in edited] == ["completed"] * 2, [c.said for c in edited]
        assert shown in " ".join(str(cell.result) for cell in edited)


SETTINGS = """import os
from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict
class Part(BaseModel):
    depth: int = 1
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ZQ_", env_nested_delimiter="__")
    rate: float = 0.5
    part: Part = Part()
os.environ.update({})
"""


def test_variables_that_a_class_of_settings_asks_for_are_reasons(own: Kernel) -> None:
    step = "%%step s\nfound = Settings()\nx = (found.rate, found.part.depth)"
    cases = (
        ({}, "(0.5, 1)", "completed"),
        ({"ZQ_OTHER": "1"}, "(0.5, 1)", "cached"),
        ({"zq_rate": "2"}, "(2.0, 1)", "completed"),
        ({"ZQ_RATE": "3"}, "(3.0, 1)", "completed"),
        ({"ZQ_PART__DEPTH": "4"}, "(0.5, 4)", "completed"),
        ({}, "(0.5, 1)", "cached"),
    )
    for variables, value, status in cases:
        played = own.play(SETTINGS.format(variables), step)
        assert own.ask("x") == value
        assert played[-1].status == status, (variables, played[-1].said)
        own.restart()
