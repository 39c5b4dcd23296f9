"""Write one restored value to a file, in the form that the file's suffix names."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from zenbook.errors import UsageError


def save(name: str, value: Any, path: Path) -> None:
    """Save an output; raises UsageError if its type does not go with the suffix."""
    write = _WRITERS.get(path.suffix)
    if write is None:
        raise UsageError(
            f"{path} ends in none of {FORMS}: which form is meant? A .pkl holds any value."
        )
    try:
        write(value, path)
    except ImportError as error:
        raise UsageError(
            f"{path.suffix} wants a library that is not installed (pyarrow); install it, or save "
            f"{name} as .csv."
        ) from error
    except pickle.PicklingError as error:
        raise UsageError(
            f"{name}, of type {type(value).__name__}, cannot be pickled by itself ({error}). In "
            "Python, zenbook.restore(RUN) gives it back."
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{name}, of type {type(value).__name__}, cannot be saved as {path.suffix}: arrays go "
            "to .npy, frames to .csv and .parquet, plain values to .json, whatever else to .pkl, "
            "and its text to .txt."
        ) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _npy(value: Any, path: Path) -> None:
    import numpy

    numpy.save(path, value, allow_pickle=False)


def _csv(value: Any, path: Path) -> None:
    value.to_csv(path)


def _parquet(value: Any, path: Path) -> None:
    value.to_parquet(path)


def _json(value: Any, path: Path) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _txt(value: Any, path: Path) -> None:
    path.write_text(f"{value}\n", encoding="utf-8")


def _pkl(value: Any, path: Path) -> None:
    try:
        content = pickle.dumps(value)
    except Exception as error:  # whatever the value's own code raises
        raise pickle.PicklingError(f"{type(error).__name__}: {error}") from error
    path.write_bytes(content)


_WRITERS: Mapping[str, Callable[[Any, Path], None]] = {
    ".npy": _npy,
    ".csv": _csv,
    ".parquet": _parquet,
    ".json": _json,
    ".txt": _txt,
    ".pkl": _pkl,
}
FORMS = ", ".join(_WRITERS)
