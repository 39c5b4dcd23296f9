"""Find which notebook file this kernel runs for.

Every front end tells it in another way, and some do not: Jupyter Server sets
``JPY_SESSION_NAME`` for the kernels it starts, VS Code and papermill (with ``--inject-paths``) put
a variable into the namespace, Colab answers on the session service beside the kernel (asked once;
its address is in the environment). Where nobody tells, there is no name, and nothing depends on
one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from unicodedata import combining, normalize
from urllib.parse import unquote
from zlib import crc32

UNNAMED = "notebook"
"""The pipeline's name where the notebook's file is not known."""

PATHS_TOLD = ("PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH")
"""What papermill puts among the parameters and is none: the input names the notebook."""
_IN_NAMESPACE = ("__vsc_ipynb_file__", "__session__", "PAPERMILL_INPUT_PATH")
_IN_ENVIRONMENT = ("ZENBOOK_NOTEBOOK", "JPY_SESSION_NAME")
_SECONDS_TO_ANSWER = 1.0


def notebook_file(namespace: Mapping[str, Any]) -> Path | None:
    """The notebook's path as told by the front end; None where nobody tells. It may not exist."""
    for name in _IN_NAMESPACE:
        if told := _path(namespace.get(name)):
            return told
    for name in _IN_ENVIRONMENT:
        if told := _path(os.environ.get(name)):
            return told
    address = os.environ.get("COLAB_JUPYTER_IP", "")
    port = os.environ.get("KMP_TARGET_PORT", "9000")
    return _path(_open_in_colab(address, port)) if address else None


@lru_cache(maxsize=8)
def _open_in_colab(address: str, port: str) -> str:
    """The name of the notebook that Colab has opened for this machine; "" if it does not say."""
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection(address, int(port), timeout=_SECONDS_TO_ANSWER)
    try:
        connection.request("GET", "/api/sessions")
        sessions = json.loads(connection.getresponse().read())
        return str(sessions[0]["name"])
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return ""  # another Colab than we know: the notebook has no name then
    finally:
        connection.close()


def _path(told: object) -> Path | None:
    if not isinstance(told, str) or not told.lower().endswith(".ipynb"):
        return None
    if "%" in told and not Path(told).exists():  # some tell the path as it stands in an address
        return Path(unquote(told))
    return Path(told)


def pipeline_name(file: Path | None) -> str:
    """The name a pipeline has by default: the file's, with what a name cannot hold taken out.

    Letters lose their accents; a name that has no other letters is told from others by a number.
    """
    if file is None:
        return UNNAMED
    plain = "".join(c for c in normalize("NFKD", file.stem) if not combining(c))
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", plain).strip("_.-")[:100]
    if not name:
        return f"{UNNAMED}_{crc32(plain.encode('utf-8', 'surrogatepass')):08x}"
    return name if re.match(r"[A-Za-z_]", name) else f"_{name}"[:100]
