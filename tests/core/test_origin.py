"""Which libraries a result depends on, in which version."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import numpy  # noqa: F401

from zenbook.core.closure_origin import environment_parts, is_local_module, version_of


def test_a_package_named_unlike_its_distribution_is_found() -> None:
    assert version_of("sklearn") == metadata.version("scikit-learn")
    assert version_of("_pytest") == f"pytest {metadata.version('pytest')}"
    assert version_of("attr") == f"attrs {metadata.version('attrs')}"
    assert version_of("_distutils_hack") == f"setuptools {metadata.version('setuptools')}"


def test_a_package_that_nobody_brings_has_no_version() -> None:
    assert version_of("not_a_package_at_all") == ""


def test_the_standard_library_is_told_by_the_version_of_python() -> None:
    (only,) = environment_parts({"numbers", "collections", "zenbook", ""})
    assert only.name == "python"
    assert [part.name for part in environment_parts({"numpy", "json"})] == ["python", "numpy"]


def test_what_few_steps_need_is_not_imported_with_the_engine() -> None:
    program = (
        "import sys, zenbook; zenbook.step, zenbook.pipeline; import zenbook.core.closure;"
        "heavy = {'asyncio', 'importlib.metadata', 'numpy', 'pandas', 'dill', 'IPython', 'rich'};"
        "print(*sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


def test_a_part_of_a_library_that_is_not_loaded_is_the_librarys() -> None:
    """``numpy.recarray`` says that it is from ``numpy.rec``, which only some import."""
    assert not is_local_module("numpy.not_loaded_at_all")
    assert not is_local_module("numpy.not_loaded.at_all")
    assert not is_local_module("json.not_loaded_at_all")
    assert is_local_module("tests.not_loaded_at_all")
    assert is_local_module("not_loaded_at_all")
