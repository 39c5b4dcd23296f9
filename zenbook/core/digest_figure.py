"""What a matplotlib figure looks like, without changing it."""

from __future__ import annotations

from typing import Any

from xxhash import xxh3_128_hexdigest

from zenbook.core.digest_stream import Description


def looks(figure: Any) -> Description:
    """Size, resolution, the picture, and the numbers of its lines and images."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    numbers = [
        (tuple(axes.get_xlim()), tuple(axes.get_ylim()), _lines(axes), _images(axes))
        for axes in figure.axes
    ]
    size = (*map(float, figure.get_size_inches()), float(figure.dpi))
    canvas = figure.canvas
    try:
        drawn: Any = FigureCanvasAgg(figure)
        drawn.draw()
        picture = xxh3_128_hexdigest(bytes(drawn.buffer_rgba()))
    finally:
        figure.set_canvas(canvas)
    return size, picture, numbers


def _lines(axes: Any) -> list[Any]:
    return [line.get_xydata() for line in axes.get_lines()]


def _images(axes: Any) -> list[Any]:
    return [image.get_array() for image in axes.get_images()]
