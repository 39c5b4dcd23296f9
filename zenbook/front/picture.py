"""The graph as a picture: an SVG that carries its own colours, for pages that keep only images.

Used as a data URI in an ``<img>``: there no script of an SVG runs and no style of the page
reaches it, so GitHub, nbconvert and an untrusted notebook all show it. It has its own light
paper, because the image cannot know whether the page around it is dark.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from html import escape

from zenbook.core.view import GraphView
from zenbook.core.view_text import GLYPHS, WORDS, seconds_text, size_text
from zenbook.core.view_types import Node, Wire

INK = {
    "running": ("#0b57a4", "#e3effb"),
    "completed": ("#1b6e35", "#e4f4e8"),
    "cached": ("#5b3fa0", "#efeafa"),
    "failed": ("#a61b1b", "#fdeaea"),
    "interrupted": ("#7a4a00", "#fdf1dc"),
    "skipped": ("#555555", "#f2f2f2"),
    "stale": ("#7a4a00", "#fff6e0"),
    "waiting": ("#555555", "#f7f7f7"),
}
"""Text and fill by status: each pair has a contrast of at least 4.5."""
FONT = "font-family='system-ui,sans-serif'"


def data_uri(view: GraphView) -> str:
    """The picture as an address an ``<img>`` can hold."""
    return "data:image/svg+xml;base64," + b64encode(svg(view).encode()).decode()


def svg(view: GraphView) -> str:
    """The graph drawn with the geometry in the view; every text escaped."""
    width, height = view["width"], view["height"]
    head = f"viewBox='0 0 {width} {height}' width='{width}' height='{height}'"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {head}>",
        "<rect width='100%' height='100%' rx='8' fill='#ffffff'/>",
        *(_wire(wire) for wire in view["edges"]),
        *(part for node in view["nodes"] for part in _node(node, view)),
        "</svg>",
    ]
    return "".join(parts)


def _wire(wire: Wire) -> str:
    """A curve down through the points; between the two sides of a lane it is straight."""
    (x, y), *rest = wire["points"]
    path, before = f"M{x} {y}", (x, y)
    for x, y in rest:
        middle = (before[1] + y) / 2
        path += f"C{before[0]} {middle} {x} {middle} {x} {y}" if x != before[0] else f"L{x} {y}"
        before = (x, y)
    title = escape(f"{wire['source']} to {wire['target']}: {', '.join(wire['names'])}")
    return (
        f"<path d='{path}' fill='none' stroke='#8a8f98' stroke-width='1.5'>"
        f"<title>{title}</title></path>"
    )


def _node(node: Node, view: GraphView) -> Iterator[str]:
    x, y, width = node["x"], node["y"], view["node_width"]
    ink, fill = INK[node["status"]]
    yield (
        f"<rect x='{x}' y='{y}' width='{width}' height='{view['node_height']}' rx='6' "
        f"fill='{fill}' stroke='{ink}'/>"
    )
    name = node["name"] if len(node["name"]) <= 22 else node["name"][:21] + "…"
    version = f"<text x='{x + width - 10}' y='{y + 24}' {FONT} font-size='11' fill='{ink}' "
    yield (
        f"<text x='{x + 12}' y='{y + 25}' {FONT} font-size='13.5' font-weight='600' "
        f"fill='#1f2328'>{escape(name)}</text>"
    )
    if node["version"] is not None:
        yield f"{version} text-anchor='end'>v{node['version']}</text>"
    yield (
        f"<text x='{x + 12}' y='{y + 45}' {FONT} font-size='11.5' fill='{ink}'>"
        f"{escape(told(node))}</text>"
    )


def told(node: Node) -> str:
    """``✓ ran · 12.1 s · 3.1 MB``"""
    status = node["status"]
    spared = "saved " if status == "cached" and node["seconds"] is not None else ""
    words = (
        f"{GLYPHS[status]} {WORDS[status]}",
        spared + seconds_text(node["seconds"]),
        size_text(node["size"]),
    )
    return " · ".join(word for word in words if word)
