"""Define.

Exported from class_instances.ipynb by zenbook (2 steps).
Re-export with `zenbook export class_instances.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step


class Point:
    def __init__(self, x):
        self.x = x

    def shifted(self, by):
        return Point(self.x + by)


@step
def make() -> Point:
    """Make."""
    origin = Point(0)
    return origin


@step
def move(origin: Point) -> int:
    """Move."""
    moved = origin.shifted(2)
    where = moved.x
    return where


@pipeline
def class_instances() -> int:
    """Define."""
    origin = make()
    where = move(origin)
    return where


if __name__ == "__main__":
    cli(class_instances)
