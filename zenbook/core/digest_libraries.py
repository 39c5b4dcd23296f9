"""The descriptions that are special to a library, by its types; each is loaded with its library."""

from __future__ import annotations

import sys
from collections.abc import Callable

from zenbook.core.digest_compiled import LIBRARIES as COMPILED_IN
from zenbook.core.digest_stream import Describer, Describers


def of_library(kind: type) -> Describer | None:
    """The describer of a library's type, if the library has one here and is loaded."""
    module = kind.__module__
    root = module.partition(".")[0] if isinstance(module, str) else ""
    if root not in _LIBRARIES or root not in sys.modules:
        return None
    return _LIBRARIES[root]().get(kind.__name__)


def _numpy() -> Describers:
    from zenbook.core.digest_arrays import DESCRIBERS
    from zenbook.core.digest_random import NUMPY

    return {**DESCRIBERS, **NUMPY}


def _random() -> Describers:
    from zenbook.core.digest_random import STANDARD

    return STANDARD


def _pandas() -> Describers:
    from zenbook.core.digest_tables import DESCRIBERS

    return DESCRIBERS


def _arrow() -> Describers:
    from zenbook.core.digest_arrow import ARROW

    return ARROW


def _polars() -> Describers:
    from zenbook.core.digest_arrow import POLARS

    return POLARS


def _others() -> Describers:
    from zenbook.core.digest_others import DESCRIBERS

    return DESCRIBERS


def _plotly() -> Describers:
    from zenbook.core.digest_plotly import DESCRIBERS

    return DESCRIBERS


def _xarray() -> Describers:
    from zenbook.core.digest_xarray import DESCRIBERS

    return DESCRIBERS


def _numba() -> Describers:
    from zenbook.core.digest_numba import DESCRIBERS

    return DESCRIBERS


def _loguru() -> Describers:
    from zenbook.core.digest_loguru import DESCRIBERS

    return DESCRIBERS


def _joblib() -> Describers:
    from zenbook.core.digest_joblib import DESCRIBERS

    return DESCRIBERS


def _pillow() -> Describers:
    from zenbook.core.digest_pillow import DESCRIBERS

    return DESCRIBERS


def _rich() -> Describers:
    from zenbook.core.digest_rich import DESCRIBERS

    return DESCRIBERS


def _ipython() -> Describers:
    from zenbook.core.display_ids import DESCRIBERS

    return DESCRIBERS


def _compiled() -> Describers:
    from zenbook.core.digest_compiled import COMPILED

    return COMPILED


_LIBRARIES: dict[str, Callable[[], Describers]] = {
    **dict.fromkeys(COMPILED_IN, _compiled),
    "numpy": _numpy,
    "random": _random,
    "pandas": _pandas,
    "pyarrow": _arrow,
    "polars": _polars,
    "loguru": _loguru,
    "joblib": _joblib,
    "PIL": _pillow,
    "rich": _rich,
    "multiprocessing": _others,
    "scipy": _others,
    "sklearn": _others,
    "torch": _others,
    "matplotlib": _others,
    "pydantic": _others,
    "plotly": _plotly,
    "_plotly_utils": _plotly,
    "IPython": _ipython,
    "numba": _numba,
    "xarray": _xarray,
}
