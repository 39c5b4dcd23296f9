"""Arrays are found by where their memory lies."""

from __future__ import annotations

import random

import numpy as np
import pytest

from zenbook.engine.memory import Stretches, is_writeable


@pytest.mark.parametrize("seed", range(50))
def test_exactly_the_arrays_whose_stretches_overlap_are_found_in_order(seed: int) -> None:
    chance = random.Random(seed)
    whole = [np.zeros(100), np.zeros(100)]

    def part() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        start = chance.randrange(100)
        return chance.choice(whole)[start : start + chance.choice((0, 1, 5, 60))]

    things = [(number, part()) for number in range(30)]
    stretches = Stretches(things)
    for _ in range(20):
        array = part()
        found = [number for number, _ in stretches.overlapping(array)]
        assert found == [n for n, other in things if np.may_share_memory(array, other)]


def test_looking_at_an_array_that_numpy_warns_of_warns_of_nothing() -> None:
    array = np.broadcast_arrays(np.arange(3), np.ones((2, 3)))[0]
    assert is_writeable(array)
    with pytest.warns(DeprecationWarning, match="overlapping memory"):
        array[0, 0] = 1
