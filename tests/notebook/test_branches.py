"""Names that a cell binds on some branches only: a hit never brings back what a branch not taken
would have left alone."""

from __future__ import annotations

from tests.notebook.kernel import Kernel

MAYBE = "%%step s\nif len(b) > 5:\n    a = 'bound'\nw = 1"


def test_a_branch_not_taken_does_not_bring_back_what_its_name_stood_for(kernel: Kernel) -> None:
    kernel.play("b = [1]\na = 'old'", MAYBE)
    kernel.fresh()
    kernel.play("b = [1]\na = 'new'", MAYBE)
    assert kernel.value("a") == "new"


def test_a_branch_taken_again_binds_in_a_new_kernel(kernel: Kernel) -> None:
    taken = MAYBE.replace("> 5", "> 0")
    kernel.play("b = [1]\na = 'old'", taken)
    kernel.run(taken.replace("w = 1", "w = 2"))
    kernel.fresh()
    again = kernel.play("b = [1]\na = 'old'", taken.replace("w = 1", "w = 2"))
    assert again[1].status == "completed" and kernel.value("a") == "bound"
    assert "it may have bound a, which was something else" in again[1].said


def test_a_loop_that_ran_twice_in_one_kernel_is_a_hit_in_the_next(kernel: Kernel) -> None:
    loop = "%%step s\ntotal = 0\nfor i in range(3):\n    total += i"
    kernel.play(loop, loop.replace("total += i", "total += 2 * i"))
    kernel.fresh()
    again = kernel.run(loop.replace("total += i", "total += 2 * i"))
    assert again.status == "cached" and kernel.value("(i, total)") == (2, 6)


def test_a_loop_over_mutable_things_leaves_its_name_with_the_list(kernel: Kernel) -> None:
    loop = "%%step s\nfor x in xs:\n    n = len(x)"
    kernel.play("xs = [[1], [2]]", loop, loop.replace("len(x)", "2 * len(x)"))
    kernel.fresh()
    again = kernel.play("xs = [[1], [2]]", loop.replace("len(x)", "2 * len(x)"))
    assert again[1].status == "cached" and kernel.value("x is xs[1]")
    kernel.run("xs = [[1], [2]]")
    kernel.run(loop.replace("len(x)", "2 * len(x)"))
    assert kernel.value("x is xs[1]")
