"""What a library makes of annotations, docstrings and other texts of the user's code."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import OTHER_PYTHON, Kernel

CODE = """
import dataclasses, doctest, inspect, pydoc, pydantic
from typing import NamedTuple, get_overloads, overload
@dataclasses.dataclass
class Row:
    'a row {doc}'
    price: {kind}
class Point(NamedTuple):
    x: {kind}
def twice(x: {kind}):
    return x * 2
@overload
def way(x: {kind}) -> int: ...
@overload
def way(x: str) -> int: ...
def way(x): return x
# {doc} comes
def told():
    '''Tells.

    >>> told()
    '{doc}'
    '''
"""
STEPS = {
    "validated": (
        "y = pydantic.TypeAdapter(list[Row]).validate_python([{'price': '2'}])[0].price",
        *("2", "2.0"),
    ),
    "named": ("y = pydantic.TypeAdapter(Point).validate_python(['2']).x", "2", "2.0"),
    "called": ("y = pydantic.validate_call(twice)('2')", "4", "4.0"),
    "described": (
        "y = pydantic.TypeAdapter(Row).json_schema()['description']",
        *("'a row one'", "'a row two'"),
    ),
    "signed": ("y = str(inspect.Signature.from_callable(twice))", "'(x: int)'", "'(x: float)'"),
    "overloaded": (
        "y = str(inspect.signature(get_overloads(way)[0]))",
        *("'(x: int) -> int'", "'(x: float) -> int'"),
    ),
    "commented": ("y = inspect.getcomments(told)", "'# one comes\\n'", "'# two comes\\n'"),
    "rendered": ("y = 'two' in pydoc.render_doc(told)", "False", "True"),
    "tested": (
        "y = doctest.DocTestFinder().find(told, 't')[0].examples[0].want",
        *("\"'one'\\n\"", "\"'two'\\n\""),
    ),
    "of no such text": ("y = twice(1)", "2", "2"),
}
EDITIONS = ({"kind": "int", "doc": "one"}, {"kind": "float", "doc": "two"})


@pytest.mark.skipif(bool(OTHER_PYTHON), reason="pydantic is not there")
@pytest.mark.parametrize("home", ["cells", "module"])
def test_what_a_library_reads_for_a_step_counts(home: str, own: Kernel) -> None:
    for time, texts in enumerate(EDITIONS):
        if time:
            own.restart()
        code = CODE.format(**texts)
        (own.folder / "work/rows.py").write_text(code)
        own.run(code if home == "cells" else "from rows import *\nfrom rows import pydantic, pydoc")
        for name, (step, *expected) in STEPS.items():
            ran = own.run(f"%%step {name.replace(' ', '_')}\n{step}")
            assert (name, own.ask("y")) == (name, expected[time]), ran.said
        assert ran.status == ("cached" if time else "completed")


@pytest.mark.skipif(bool(OTHER_PYTHON), reason="pydantic is not there")
def test_what_a_library_reads_of_a_function_of_the_steps_own_counts(own: Kernel) -> None:
    step = "%%step s\ndef f(x: {0}):\n    return x\ny = pydantic.validate_call(f)('2')"
    for kind, expected in (("int", "2"), ("float", "2.0"), ("int", "2")):
        own.play("import pydantic", step.format(kind))
        assert own.ask("y") == expected


CHECKED = """
import dataclasses, pydantic
from typing import Annotated, NamedTuple
from typing_extensions import TypeAliasType
def check(value): return value + {0}
Number = Annotated[{1}, pydantic.AfterValidator(check)]
@dataclasses.dataclass
class Row:
    price: Number
class Point(NamedTuple):
    x: list[Number]
Tree = TypeAliasType("Tree", "list[Tree] | Annotated[{1}, pydantic.AfterValidator(check)]")
class Held(pydantic.BaseModel):
    tree: Tree
def plain(x: Number): return x
@pydantic.validate_call
def checked(x: Number): return x
"""
CHECKS = (
    "%%step row\ny = pydantic.TypeAdapter(Row).validate_python({'price': '1'}).price",
    "%%step point\ny = pydantic.TypeAdapter(Point).validate_python([['1']]).x[0]",
    "%%step plainly\ny = pydantic.validate_call(plain)('1')",
    "%%step checked_before\ny = checked('1')",
    "%%step tree\ny = Held(tree=[['1']]).tree[0][0]",
    "%%step number\ny = pydantic.TypeAdapter(Number).validate_python('1')",
)


@pytest.mark.skipif(bool(OTHER_PYTHON), reason="pydantic is not there")
def test_what_an_annotation_holds_counts_where_a_library_reads_it(own: Kernel) -> None:
    for more, kind, expected in ((1, "int", "2"), (2, "int", "3"), (2, "float", "3.0")):
        for status in ("completed", "cached"):
            own.run(CHECKED.format(more, kind))
            for step in CHECKS:
                ran = own.run(step)
                assert (ran.status, own.ask("y")) == (status, expected), (step, ran.said)
            own.restart()


FIELDS = """
import dataclasses
@dataclasses.dataclass
class Settings:
    rate: float = dataclasses.field(default=2.0, metadata={{"unit": {0}, "of": lambda x: x * {1}}})
def units(of): return [field.metadata["unit"] for field in dataclasses.fields(of)]
settings = Settings()
"""


def test_what_a_field_of_a_dataclass_is_given_besides_counts(own: Kernel) -> None:
    steps = (
        "%%step s\ny = units(Settings)",
        "%%step t\nz = dataclasses.fields(settings)[0].metadata['of'](settings.rate)",
    )
    for unit, factor, y, z in (("'m'", 10, "['m']", "20.0"), ("'km'", 100, "['km']", "200.0")):
        own.play(FIELDS.format(unit, factor), *steps)
        assert (own.ask("y"), own.ask("z")) == (y, z)
        own.fresh()
        again = own.play(FIELDS.format(unit, factor), *steps)
        assert [cell.status for cell in again[1:]] == ["cached", "cached"]


LAZY = """
import sys, types
class Lazy(types.ModuleType):
    def __getattr__(self, name): return name + {0!r}
    @property
    def known(self): return {0!r}
{1}
"""
LAZY_HOMES = {
    "of a cell": ("sys.modules['lazily'] = Lazy('lazily')", "import lazily"),
    "of a file": ("sys.modules[__name__].__class__ = Lazy", "import lazily"),
}


@pytest.mark.parametrize("home", LAZY_HOMES)
@pytest.mark.parametrize("within", [True, False], ids=["in the step", "before"])
@pytest.mark.parametrize("name", ["other", "known"])
def test_what_the_class_of_a_module_computes_counts(
    home: str, within: bool, name: str, own: Kernel
) -> None:
    puts, imports = LAZY_HOMES[home]
    for mark in ("1", "2"):
        code = LAZY.format(mark, puts)
        (own.folder / "work/lazily.py").write_text(code)
        own.run(code if home == "of a cell" else "pass")
        own.run("pass" if within else imports)
        own.run(f"%%step s\n{imports if within else ''}\ny = lazily.{name}")
        assert own.ask("y") == repr(mark if name == "known" else f"other{mark}")
        own.restart()
