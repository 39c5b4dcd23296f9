"""Settings of plotly: what it makes figures of, and how it shows them, where nobody has named it.

A figure takes the default template into itself when it is made, and so differs with it; where it
is shown, the renderer decides in which form. Measured: 30 µs with one template loaded.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from zenbook.core.shell import running_shell
from zenbook.world.told_settings import told, told_apart

_CHOSEN_FOR = {
    "COLAB_NOTEBOOK_ID": "colab",
    "AZURE_NOTEBOOKS_HOST": "azure",
    "VSCODE_PID": "vscode",
    "NTERACT_EXE": "nteract",
    "COCALC_PROJECT_ID": "cocalc",
    "DATABRICKS_RUNTIME_VERSION": "databricks",
}
"""The renderers that plotly chooses by itself, by the variable that tells it where it runs."""
_KAGGLE = "kaggle"
_IN_KERNELS = "plotly_mimetype"


def plotly_settings() -> str:
    """What is not as plotly sets it when it is imported; "" where nothing was set."""
    told = [*_templates(), *_express(), *_renderers(), *_export()]
    return repr(told) if told else ""


# ---------------------------------------------------------------- what figures are made of


def _templates() -> Iterator[tuple[str, str]]:
    """The default template, and those that are registered or changed."""
    module: Any = sys.modules.get("plotly.io._templates")
    if (config := getattr(module, "templates", None)) is None:
        return
    if config._default != "plotly":
        yield "template", told_apart(config._default)
    for name, template in list(config._templates.items()):
        props = getattr(template, "_props", None)  # none before it is asked for
        kind: Any = type(template)
        if props is None or _are_equal(props, _usual_template(kind, str(name))):
            continue
        yield f"template {name}", told_apart(props)


def _are_equal(held: Any, usual: Any) -> bool:
    try:
        return bool(held == usual)
    except ValueError:  # of arrays nobody can say so
        return False


@cache
def _usual_template(kind: Any, name: str) -> Mapping[str, Any] | None:
    """What a template of plotly's own holds; None for any other name."""
    if name == "none":
        return {"data": {"scatter": [{"type": "scatter"}]}}
    folder = os.path.dirname(sys.modules["plotly"].__file__ or "")
    path = os.path.join(folder, "package_data", "templates", f"{name}.json")
    try:
        with open(path, encoding="utf-8") as file:
            made = kind(json.load(file), _validate=False)
            props: Mapping[str, Any] = made._props
            return props
    except OSError:
        return None


def _express() -> Iterator[tuple[str, str]]:
    """What ``plotly.express`` takes where a call says nothing."""
    defaults = getattr(sys.modules.get("plotly.express._core"), "defaults", None)
    if defaults is not None:
        yield from _changed(defaults, type(defaults).__slots__)


def _export() -> Iterator[tuple[str, str]]:
    """How pictures are written to files."""
    defaults = getattr(sys.modules.get("plotly.io._defaults"), "defaults", None)
    if defaults is not None:
        yield from _changed(defaults, sorted(vars(defaults)))


def _changed(defaults: Any, names: Any) -> Iterator[tuple[str, str]]:
    usual = type(defaults)()
    for name in names:
        held = getattr(defaults, name, None)
        if not _are_equal(held, getattr(usual, name, None)):
            yield name, told_apart(held)


# ---------------------------------------------------------------- how they are shown


def _renderers() -> Iterator[tuple[str, str]]:
    """The default renderer, where it is not the one that plotly chooses here."""
    module: Any = sys.modules.get("plotly.io._renderers")
    config = getattr(module, "renderers", None)
    if config is None:
        if name := os.environ.get("PLOTLY_RENDERER"):
            yield "renderer", name
        return
    name = config._default_name or ""
    chosen = config._default_renderers
    if not _is_chosen_here(name):
        yield "renderer", name
        yield "how it renders", repr([_options_of(one) for one in chosen])
    elif any(getattr(one, "config", None) for one in chosen):
        yield "renderer's config", repr([getattr(one, "config", None) for one in chosen])
    if not config._render_on_display:
        yield "shown", "as text"


def _options_of(renderer: Any) -> list[tuple[str, str]]:
    return [(type(renderer).__name__, ""), *((n, told(v)) for n, v in vars(renderer).items())]


def _is_chosen_here(name: str) -> bool:
    """Whether plotly chooses the renderer of this name by itself where it runs now."""
    found = {each for variable, each in _CHOSEN_FOR.items() if variable in os.environ}
    if name == _KAGGLE and os.path.exists("/kaggle/input"):
        return True
    shell = running_shell()
    if not hasattr(shell, "kernel"):
        return name in {*found, "browser", ""}
    return name in (found or {_in_kernels()})


@cache
def _in_kernels() -> str:
    """What plotly chooses in kernels: versions that know ipykernel's leave the classic notebook
    out."""
    loader: Any = sys.modules["plotly.io._renderers"].__loader__
    names = loader.get_code("plotly.io._renderers").co_consts
    return _IN_KERNELS if "ipykernel." in names else f"{_IN_KERNELS}+notebook"
