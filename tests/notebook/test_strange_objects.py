"""Objects whose own code fails or prints when they are looked at, or says what they are not."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

_RAISES = "raise RuntimeError('asked')"
STRANGE: dict[str, str] = {
    "no class to tell": f"class B:\n    @property\n    def __class__(self): {_RAISES}",
    "nothing to tell": f"class B:\n    def __getattribute__(self, name): {_RAISES}",
    "no hash": f"class B:\n    def __hash__(self): {_RAISES}",
    "no length": f"class B:\n    def __len__(self): {_RAISES}\n    __bool__ = __len__",
    "no attributes": f"class B:\n    @property\n    def __dict__(self): {_RAISES}",
    "no text": f"class B:\n    def __repr__(self): {_RAISES}\n    __str__ = __repr__",
    "a lie": "class B:\n    __class__ = property(lambda self: dict)",
    "a lie about code": "class B:\n    __class__ = property(lambda self: type(len))",
    "a list without items": f"class B(list):\n    def __len__(self): {_RAISES}\n"
    "    __iter__ = __len__",
    "a dictionary without items": f"class B(dict):\n    def __len__(self): {_RAISES}\n"
    "    items = values = __iter__ = __len__",
    "no path": f"class B:\n    def __fspath__(self): {_RAISES}",
}
_DESCRIBED = ("no class to tell", "no hash", "no length", "no attributes", "no text", "no path")
_LIES = ("a lie", "a lie about code")


@pytest.mark.parametrize("what", STRANGE)
def test_a_strange_object_is_nothing_to_a_step_that_does_not_read_it(
    what: str, kernel: Kernel
) -> None:
    cells = [f"{STRANGE[what]}\nb = B()\nheld = [b, {{'b': b}}]\nx = 3", "%%step a\ny = [x] * 2\ny"]
    kernel.play(*cells)
    kernel.fresh()
    last = kernel.play(*cells)[-1]
    assert (last.status, last.result) == ("cached", "[3, 3]"), last.said


@pytest.mark.parametrize("what", STRANGE)
def test_a_step_that_reads_a_strange_object_is_kept_or_names_it(what: str, kernel: Kernel) -> None:
    cells = [f"{STRANGE[what]}\nb = B()\n", "%%step a\ny = type(b).__name__"]
    kernel.play(*cells)
    kernel.fresh()
    last = kernel.play(*cells)[-1]
    if what in (*_DESCRIBED, *_LIES):
        assert last.status == "cached", last.said
    else:
        assert "not kept: input b cannot be described: B raised RuntimeError" in last.said
    assert kernel.value("y") == "B"


@pytest.mark.parametrize("what", STRANGE)
def test_a_step_that_makes_a_strange_object_is_kept_or_names_it(what: str, kernel: Kernel) -> None:
    cells = [f"%%step a\n{STRANGE[what]}\nb = B()\ny = 1"]
    kernel.play(*cells)
    kernel.fresh()
    last = kernel.play(*cells)[-1]
    if what in _DESCRIBED and what != "no class to tell":
        assert last.status == "cached", last.said
    else:
        assert "not kept: b cannot be kept: " in last.said, last.said
    assert kernel.value("type(b).__name__") == "B"


def test_what_a_dictionary_without_items_holds_is_changed_where_it_stands(kernel: Kernel) -> None:
    made = f"{STRANGE['a dictionary without items']}\nb = B()\nb['k'] = [1]"
    cells = [made, "found = dict.__getitem__(b, 'k')", "%%step a\nfound.append(2)"]
    kernel.play(*cells)
    kernel.fresh()
    assert kernel.play(*cells)[-1].status == "cached"
    assert kernel.value("dict.__getitem__(b, 'k'), found is b['k']") == ([1, 2], True)


_DECORATED = """
class FunctionWrapper:
    def __init__(self, wrapped, wrapper):
        self.__wrapped__, self._self_wrapper = wrapped, wrapper
    def __call__(self, *given):
        return self._self_wrapper(self.__wrapped__, None, given, {})
    def __reduce__(self):
        raise NotImplementedError
    __class__ = property(lambda self: type(self.__wrapped__))
    __code__ = property(lambda self: self.__wrapped__.__code__)

def more(wrapped, instance, given, named):
    return wrapped(*given) + 100

def bare(x):
    return x + 1
f = FunctionWrapper(bare, more)
"""


def test_a_function_that_wrapt_has_decorated_is_what_it_wraps_and_what_it_is_wrapped_in(
    kernel: Kernel,
) -> None:
    step = "%%step a\ny = f(3)\ny"
    kernel.play(_DECORATED, step)
    for old, new, result in [("x", "x", "104"), ("100", "200", "204"), ("x + 1", "x + 2", "105")]:
        kernel.fresh()
        last = kernel.play(_DECORATED.replace(old, new), step)[-1]
        assert last.result == result, last.said
        assert last.status == ("cached" if old == new else "completed"), last.said


_STATE = """
    def __getstate__(self):
        print("state")
        return self.__dict__
    def __setstate__(self, state):
        print("set")
        self.__dict__.update(state)
"""
_TELLS = """
class M(type):
    def __getattribute__(cls, name):
        print(name)
        return super().__getattribute__(name)
class B(metaclass=M): pass
b = B()
"""
_KEEPS = f"""%%step a
class B:{_STATE}    def __hash__(self): return print('hash') or 5
b = B()
b.x = 1
print('own')"""
_PRINTS: dict[str, list[str]] = {
    "what it keeps": [_KEEPS],
    "what it reads": [
        "class B:\n    def __reduce__(self): return print('reduce') or (B, ())\nb = B()",
        "%%step a\nprint('own')\ny = type(b).__name__",
    ],
    "a class that tells of itself": [_TELLS, "%%step a\nprint('own')\ny = [type(b), b]"],
}


@pytest.mark.parametrize("what", _PRINTS)
def test_what_is_printed_while_zenbook_looks_is_not_the_cells(what: str, kernel: Kernel) -> None:
    for status in ("completed", "cached"):
        played = kernel.play(*_PRINTS[what])
        assert "".join(cell.stream() for cell in played) == "own\n"
        assert played[-1].status == status
        assert kernel.value("type(__import__('sys').stdout).__name__") == "OutStream"
        kernel.fresh()


def test_other_threads_go_on_printing_while_zenbook_looks(kernel: Kernel) -> None:
    begun = (
        "import threading\nheld, looked = threading.Event(), threading.Event()\nclass B:\n"
        "    def __reduce__(self):\n        held.set(); looked.wait(5)\n        return B, ()\n"
        "def other():\n    held.wait(5)\n    print('other')\n    looked.set()\nb = B()\n"
        "thread = threading.Thread(target=other)\nthread.start()"
    )
    said = "".join(cell.stream() for cell in kernel.play(begun, "%%step a\ny = type(b).__name__"))
    assert said == "other\n" and kernel.value("looked.is_set()")


COUNTING = {
    "__new__": "    def __new__(cls):\n        A.made += 1\n        return object.__new__(cls)",
    "__setstate__": (
        "    def __setstate__(self, state):\n        A.made += 1\n        vars(self).update(state)"
    ),
}


@pytest.mark.parametrize("how", COUNTING)
def test_what_a_class_counts_of_its_making_is_what_runs_have_made(how: str, kernel: Kernel) -> None:
    cells = (f"class A:\n    made = 0\n{COUNTING[how]}\na = A()\na.w = [1]", "a.w.append(5)")
    kernel.play(*cells)
    right = kernel.value("(A.made, a.w)")
    for status in ("completed", "cached"):
        kernel.fresh()
        assert kernel.play(cells[0], f"%%step s\n{cells[1]}")[-1].status == status
        assert kernel.value("(A.made, a.w)") == right
