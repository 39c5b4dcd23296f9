"""Which code goes on where a file is missing."""

from __future__ import annotations

import pytest

from zenbook.core.code_reader import facts_of

GOES_ON = [
    "try: f()\nexcept: g()",
    "try: f()\nexcept FileNotFoundError: g()",
    "try: f()\nexcept (ValueError, OSError) as error: g()",
    "try: f()\nexcept ValueError: g()\nexcept Exception: g()",
    "try: f()\nexcept* IOError: g()",
    "try: f()\nexcept duckdb.IOException: g()",
    "try: f()\nexcept errors: g()",
    "from contextlib import suppress\nwith suppress(OSError): f()",
    "with contextlib.suppress(OSError): f()",
    "def later():\n    try: f()\n    except EnvironmentError: g()",
    "image = cv2.imread(path)",
]
STOPS = [
    "f()",
    "try: f()\nfinally: pass",
    "try: f()\nfinally: g()",
    "with f() as x: g()",
    "try: f()\nexcept (ValueError, KeyError) as error: g()",
    "try: import polars\nexcept ImportError: polars = None",
    "async def f():\n    async with g() as x:\n        async for y in x: h([z for z in y])",
]


@pytest.mark.parametrize("code", GOES_ON)
def test_code_goes_on_that_may_handle_the_error(code: str) -> None:
    assert facts_of(compile(code, "cell", "exec")).seeks


@pytest.mark.parametrize("code", STOPS)
def test_code_stops_that_handles_another_error_or_none(code: str) -> None:
    assert not facts_of(compile(code, "cell", "exec")).seeks
