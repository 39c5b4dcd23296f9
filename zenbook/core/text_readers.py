"""Who reads the texts of code: its annotations, bases, docstrings, source and order.

Code that reads them itself is told by the names it uses (``f.__doc__``, ``inspect.getsource(f)``).
Libraries read those of the code they are handed: pydantic makes validators of annotations, typer
and fire make command lines of them, and help of docstrings. No name tells of that. So a library
that code uses is asked by its own text: one that says ``__annotations__`` or ``get_type_hints``
anywhere may read those of the user's, too. What is known of a library comes first: most that say so
mean functions of their own.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

Text = Literal["annotations", "bases", "docstring", "order", "source"]
_READERS: dict[str, tuple[Text, ...]] = {
    "DocTestFinder": ("docstring",),
    "DocTestSuite": ("docstring",),
    "Signature": ("annotations",),
    "TypeAdapter": ("annotations",),
    "__annotations__": ("annotations",),
    "__dataclass_fields__": ("annotations",),
    "__dict__": ("order",),
    "__doc__": ("docstring",),
    "__orig_bases__": ("bases",),
    "__parameters__": ("bases",),
    "__signature__": ("annotations",),
    "beartype": ("annotations",),
    "classify_class_attrs": ("docstring",),
    "create_model": ("annotations",),
    "fields": ("annotations",),
    "findsource": ("source",),
    "get_annotations": ("annotations",),
    "get_original_bases": ("bases",),
    "get_overloads": ("annotations",),
    "get_type_hints": ("annotations",),
    "getcomments": ("source",),
    "getdoc": ("docstring",),
    "getfullargspec": ("annotations",),
    "getmembers": ("annotations", "docstring", "order"),
    "getmembers_static": ("annotations", "docstring", "order"),
    "getsource": ("source",),
    "getsourcelines": ("source",),
    "help": ("annotations", "docstring"),
    "jit": ("annotations", "source"),
    "json_schema": ("annotations", "docstring"),
    "model_json_schema": ("annotations", "docstring"),
    "pdef": ("annotations",),
    "pdoc": ("docstring",),
    "pinfo": ("annotations", "docstring"),
    "pinfo2": ("annotations", "docstring", "source"),
    "psource": ("source",),
    "pydoc": ("annotations", "docstring", "source"),
    "run_docstring_examples": ("docstring",),
    "schema": ("annotations", "docstring"),
    "schema_json": ("annotations", "docstring"),
    "signature": ("annotations",),
    "testmod": ("docstring",),
    "typechecked": ("annotations",),
    "validate_call": ("annotations",),
    "vars": ("order",),
}
"""Names of functions and attributes, and of magics, and the texts that are read by them."""
_MOST_FILES = 2000
_WORDS: dict[Text, re.Pattern[bytes]] = {
    "annotations": re.compile(rb"__annotations__|\bget_(?:type_hints|annotations)\b"),
    "docstring": re.compile(rb"\.__doc__|\bgetdoc\b"),
    "source": re.compile(rb"\bget(?:source|sourcelines|comments)\b"),
}
_KNOWN: dict[str, tuple[Text, ...]] = {
    "beartype": ("annotations",),
    "cattr": ("annotations",),
    "cattrs": ("annotations",),
    "click": ("docstring",),
    "dacite": ("annotations",),
    "duckdb": ("annotations",),
    "fastapi": ("annotations", "docstring"),
    "fire": ("annotations", "docstring"),
    "msgspec": ("annotations", "docstring"),
    "omegaconf": ("annotations",),
    "pandera": ("annotations",),
    "pydantic": ("annotations",),
    "pyspark": ("annotations",),
    "rich": ("annotations", "docstring"),
    "typeguard": ("annotations",),
    "typer": ("annotations", "docstring"),
}
_INDIFFERENT = frozenset(
    [
        *("IPython", "PIL", "altair", "attr", "attrs", "bokeh", "boto3", "botocore", "bs4"),
        *("cachetools", "catboost", "cloudpickle", "cv2", "dask", "dateutil", "dill"),
        *("distributed", "folium", "fsspec", "gensim", "geopandas", "h5py", "httpx"),
        *("imageio", "imblearn", "ipykernel", "ipywidgets", "jax", "jinja2", "joblib"),
        *("jsonschema", "keras", "lightgbm", "llvmlite", "loguru", "lxml", "markdown"),
        *("matplotlib", "mpl_toolkits", "nbclient", "nbconvert", "nbformat", "netCDF4"),
        *("networkx", "nltk", "numba", "numexpr", "numpy", "openpyxl", "optuna", "pandas"),
        *("papermill", "patsy", "plotly", "polars", "psutil", "psycopg2", "pyarrow"),
        *("pydantic_core", "pytz", "requests", "s3fs", "scipy", "seaborn"),
        *("shap", "shapely", "skimage", "sklearn", "statsmodels", "structlog", "sympy"),
        *("tables", "tenacity", "tensorflow", "threadpoolctl", "torch", "torchvision", "tqdm"),
        *("traitlets", "umap", "urllib3", "xarray", "xgboost", "xlsxwriter", "xxhash"),
        *("yaml", "zarr"),
    ]
)
"""Libraries that read such of their own code, or what names of theirs tell (``torch.jit``)."""


def texts_read(names: Iterable[str]) -> frozenset[Text]:
    """The texts that code reads which uses these names."""
    return frozenset(text for name in names for text in _READERS.get(name, ()))


@functools.cache
def texts_read_by(package: str) -> frozenset[Text]:
    """The texts of the user's code that an installed library may read, by its top-level package."""
    if package in _INDIFFERENT:
        return frozenset()
    if package in _KNOWN:
        return frozenset(_KNOWN[package])
    found: set[Text] = set()
    for path in islice(_files_of(package), _MOST_FILES):
        try:
            text = path.read_bytes()
        except OSError:
            continue
        found.update(which for which, words in _WORDS.items() if words.search(text))
        if len(found) == len(_WORDS):
            break
    return frozenset(found)


def _files_of(package: str) -> Iterator[Path]:
    """The files of its text, but for its own tests."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        yield from (p for p in sorted(Path(folder).rglob("*.py")) if "tests" not in p.parts)
    if spec is not None and not spec.submodule_search_locations and spec.origin:
        yield Path(spec.origin)
