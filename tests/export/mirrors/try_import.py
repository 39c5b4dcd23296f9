"""Try import.

Exported from try_import.ipynb by zenbook (2 steps).
Re-export with `zenbook export try_import.ipynb`.
"""

from __future__ import annotations

from zenbook import cli, pipeline, step

try:
    import missing_package_xyz as fast
except ImportError:
    fast = None


@step
def use() -> str:
    """Use."""
    speed = "slow" if fast is None else "fast"
    return speed


@step
def tell(speed: str) -> str:
    """Tell."""
    told = speed.upper()
    return told


@pipeline
def try_import() -> str:
    """The notebook's steps in their order."""
    speed = use()
    told = tell(speed)
    return told


if __name__ == "__main__":
    cli(try_import)
