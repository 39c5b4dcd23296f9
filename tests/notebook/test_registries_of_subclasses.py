"""A class that keeps a registry of its subclasses: who counts for whom, and what a hit gives."""

from __future__ import annotations

from pathlib import Path

from tests.notebook.kernel import Kernel

BASE = """
def helper(): return 1
class Base:
    registry = {}
    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        Base.registry[cls.__name__] = cls
class Mean(Base):
    def __init__(self, w): self.w = w
    def fit(self, x):
        self.mean_ = sum(x) * self.w + helper()
        return self
"""
FIT = "%%step fit\nmodel = Mean(2).fit([1, 2])"
USE = "%%step use\nz = model.mean_ + 1"
NAMES = "%%step names\nnames = sorted(Base.registry)"
DEFINE = "%%step define\nclass Own(Base):\n    def fit(self, x): return 3\nown = Own().fit(1)"
OTHER = "class Other(Base):\n    def fit(self, x): return 9"


def said(own: Kernel, *cells: str) -> list[str]:
    return [own.run(cell).said.partition(" · ")[2].partition(" · ")[0] for cell in cells]


def test_another_subclass_is_no_reason_for_who_does_not_read_the_registry(own: Kernel) -> None:
    assert said(own, BASE, FIT, USE, NAMES, DEFINE)[1:] == ["first run"] * 4
    own.run(OTHER)
    assert [own.run(cell).status for cell in (FIT, USE, DEFINE)] == ["cached"] * 3
    assert said(own, NAMES) == ["Base.registry changed"]
    assert own.value("names") == ["Mean", "Other", "Own"]


def test_a_class_that_a_hit_defines_is_in_the_registry_again(own: Kernel) -> None:
    own.play(BASE, DEFINE, NAMES)
    own.restart()
    cells = own.play(BASE, DEFINE, NAMES)
    assert [cell.status for cell in cells[1:]] == ["cached", "cached"]
    assert own.value("list(Base.registry)") == ["Mean", "Own"]
    assert own.value("Base.registry['Own'] is Own") is True


def test_a_change_of_what_a_class_uses_is_told_at_that(own: Kernel) -> None:
    own.play(BASE, FIT, NAMES)
    own.restart()
    assert said(own, BASE.replace("return 1", "return 2"), FIT, NAMES)[1:] == [
        "helper() changed",
        "helper() changed",
    ]


def test_a_registry_that_a_step_reads_of_its_input_is_a_reason(own: Kernel) -> None:
    read = "%%step read\nfound = sorted(type(model).registry)"
    given = "%%step given\nmany = names_of(model)"
    helper = "def names_of(one): return sorted(one.registry)"
    own.play(BASE, helper, FIT, read, given)
    assert [own.run(cell).status for cell in (read, given)] == ["cached"] * 2
    own.run(OTHER)
    assert [own.run(cell).status for cell in (read, given)] == ["completed"] * 2
    assert own.value("found == many == ['Mean', 'Other']") is True


def test_a_registry_that_code_of_an_input_reads_is_a_reason(own: Kernel) -> None:
    reader = (
        "class Reader:\n    def of(self, base): return sorted(base.registry)\nreader = Reader()"
    )
    read = "%%step read\nfound = reader.of(Base)"
    own.play(BASE, reader, read)
    assert own.run(read).status == "cached"
    own.run(OTHER)
    assert own.run(read).status == "completed"
    assert own.value("found") == ["Mean", "Other"]


def test_who_puts_a_class_there_that_no_hit_defines_is_not_kept(own: Kernel) -> None:
    made = "def made():\n    class Inner(Base): pass\n    return 1"
    step = "%%step make\nn = made()"
    own.run(BASE + made)
    assert "Base.registry is a global that the step changed in place" in own.run(step).said
    own.run("Base.registry.clear()")
    assert own.run("%%step less\nn = len(made.__name__) + made()").status == "completed"


def test_an_instance_is_changed_by_no_subclass(own: Kernel) -> None:
    """Of a class that a module defines, whose registry the notebook's classes join."""
    folder = Path(own.folder) / "work"
    (folder / "models_base.py").write_text(BASE)
    own.run("from models_base import Base, Mean")
    own.run(FIT)
    own.run(
        "class Best(Base):\n    def __init__(self, parts): self.parts = parts\n"
        "    def fit(self, x):\n        self.best = min(self.parts, key=lambda p: p.fit(x).mean_)\n"
        "        return self"
    )
    own.run("%%step best\nbest = Best([Mean(w) for w in (1, 2)]).fit([1, 2])")
    step = "%%step read\nz = {'mean': model.mean_, 'best': best.best.mean_}"
    for status in ("completed", "cached"):
        cell = own.run(step)
        assert cell.status == status and "in place" not in cell.said


def test_a_script_finds_the_classes_of_a_step_that_defines_some(own: Kernel) -> None:
    script = Path(own.folder) / "work" / "registry_script.py"
    script.write_text(
        "from zenbook import step\n" + BASE + "@step\ndef define():\n"
        "    class Own(Base): pass\n    return 1\n"
        "@step\ndef names(n): return sorted(Base.registry)\n"
        "if __name__ == '__main__':\n    print(names(define()))\n"
    )
    for _ in range(2):
        shown = own.run("import sys\n!{sys.executable} registry_script.py").stream()
        assert "['Mean', 'Own']" in shown
