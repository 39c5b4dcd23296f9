"""Await.

Exported from await.ipynb by zenbook (2 steps).
Re-export with `zenbook export await.ipynb`.
"""

from __future__ import annotations

import asyncio

from zenbook import cli, pipeline, step


@step
async def wait() -> int:
    """Wait."""

    async def fetch(n):
        await asyncio.sleep(0)
        return n

    value = await fetch(3)
    return value


@step
def use(value: int) -> int:
    """Use."""
    twice = value * 2
    return twice


@pipeline(name="await")
def await_() -> int:
    """The notebook's steps in their order."""
    value = wait()
    twice = use(value)
    return twice


if __name__ == "__main__":
    cli(await_)
