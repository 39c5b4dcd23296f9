"""What of a notebook's outputs may be saved: nothing that needs the kernel it came from.

A widget's view is a reference to a model. Front ends show an error where the model is neither
alive nor saved. The pictures of ours stand in the notebook as pages, so their live form goes;
other widgets stay with their models, as nbclient saves them, and go where no model was saved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

WIDGET = "application/vnd.jupyter.widget-view+json"
STATES = "application/vnd.jupyter.widget-state+json"
_OURS = "application/vnd.zenbook."
_REFERENCE = re.compile(r"IPY_MODEL_(\w+)")


def without_live_views(notebook: Any) -> None:
    """Take out the live views that could not be shown, and the models nobody shows."""
    saved = notebook.metadata.get("widgets", {}).get(STATES, {})
    states: Mapping[str, Any] = saved.get("state", {})
    shown: set[str] = set()
    for data in _bundles(notebook):
        model = data.get(WIDGET, {}).get("model_id", "")
        if model not in states or any(kind.startswith(_OURS) for kind in data):
            data.pop(WIDGET, None)
        else:
            shown.add(model)
    needed = _with_parts(shown, states)
    if needed:
        saved["state"] = {model: states[model] for model in states if model in needed}
    else:
        notebook.metadata.pop("widgets", None)


def _bundles(notebook: Any) -> Iterator[Any]:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "data" in output:
                yield output["data"]


def _with_parts(models: set[str], states: Mapping[str, Any]) -> set[str]:
    """These models with all that they refer to: children, layouts, styles."""
    found, waiting = set[str](), list(models)
    while waiting:
        model = waiting.pop()
        if model in states and model not in found:
            found.add(model)
            waiting += _REFERENCE.findall(json.dumps(states[model], default=str))
    return found
