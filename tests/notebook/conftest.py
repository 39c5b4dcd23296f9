"""One kernel per module; each test is another notebook in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notebook.kernel import Kernel


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    yield kernel
    kernel.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel of the test's own: what these steps change would stay in a shared one."""
    kernel = Kernel(tmp_path)
    yield kernel
    kernel.stop()


@pytest.fixture
def kernel(process: Kernel) -> Kernel:
    """A kernel with nothing in it."""
    process.another()
    return process
