"""A cut says which elements of an array another one is, whatever the layout of either."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from zenbook.engine.cuts import cut_of, cut_out


def _some_part(of: Any, chance: random.Random) -> Any:
    picks: list[Any] = []
    for length in of.shape:
        kind = chance.choice(("one", "new axis", "stretch", "stretch"))
        if kind == "one":
            picks.append(chance.randrange(length))
            continue
        start, stop = chance.choice((None, 0, 1)), chance.choice((None, length - 1))
        part = slice(start, stop, chance.choice((1, 2, -1, -2)))
        picks += [None, part] if kind == "new axis" else [part]
    part = of[(*picks, ...)]
    return part.transpose(chance.sample(range(part.ndim), part.ndim))


@pytest.mark.parametrize("seed", range(200))
def test_every_part_of_an_array_is_cut_out_of_another_layout(seed: int) -> None:
    chance = random.Random(seed)
    shape = tuple(chance.randint(1, 5) for _ in range(chance.randint(0, 3)))
    whole = np.arange(np.prod(shape, dtype=int)).reshape(shape, order=chance.choice("CF"))  # type: ignore[call-overload]
    whole = _some_part(whole, chance) if chance.random() < 0.5 else whole
    part = _some_part(whole, chance) if whole.size else whole
    if not part.size:
        return
    cut = cut_of(part, whole, writeable=True)
    assert cut is not None
    other = np.array(whole, order="C")
    assert np.array_equal(cut_out(other, cut), part)
    assert np.shares_memory(cut_out(other, cut), other)


def test_another_type_of_the_same_bytes_is_no_cut() -> None:
    whole = np.arange(4.0)
    assert cut_of(whole.view("u1"), whole, writeable=True) is None
    assert cut_of(np.broadcast_to(whole, (2, 4)), whole, writeable=False) is None


def test_an_array_of_another_shape_is_not_cut() -> None:
    whole = np.arange(4.0)
    cut = cut_of(whole[1:], whole, writeable=True)
    assert cut is not None
    with pytest.raises(TypeError):
        cut_out(np.arange(5.0), cut)


def test_axes_that_are_one_in_memory_are_one_in_a_cut() -> None:
    pictures = np.arange(24.0).reshape(3, 8)[:, :4].reshape(3, 2, 2)
    rows = np.arange(12.0).reshape(3, 4)
    for value, whole in ((rows.reshape(3, 2, 2), rows), (rows.reshape(12)[3:9], rows)):
        cut = cut_of(value, whole, writeable=True)
        assert cut is not None and np.shares_memory(cut_out(whole, cut), whole)
        assert np.array_equal(cut_out(whole.copy(), cut), value)
    flat = pictures.reshape(3, 4).T
    cut = cut_of(flat, pictures, writeable=True)
    assert cut is not None and np.array_equal(cut_out(pictures.copy(), cut), flat)


def test_an_array_in_other_memory_is_not_cut() -> None:
    whole = np.arange(10.0).reshape(2, 5)
    for part in (np.arange(3.0), np.arange(10.0).reshape(2, 5)[:, :2]):
        assert cut_of(part, whole, writeable=True) is None
        assert cut_of(whole[:, :3], part, writeable=True) is None
