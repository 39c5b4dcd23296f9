"""Values that change when they are looked at: zenbook's look is none that the notebook sees."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

IMAGES = "from PIL import Image\nImage.new('RGB', (64, 64)).save('a.png')\n"
IMAGES += "Image.new('RGB', (64, 64), 'red').save('a.jpg')\n"
CASES = {
    "an image that is verified": (IMAGES, "v = Image.open('a.png')", "v.verify()", "v.tile == []"),
    "an image that is read in part": (
        IMAGES,
        "v = Image.open('a.jpg')",
        "v.draft('L', (8, 8))",
        "v.size",
    ),
    "a masked array": (
        "import numpy as np",
        "v = np.ma.array([1, 2], mask=[0, 1])",
        "w = v.astype(float).filled()",
        "float(w[1])",
    ),
    "a mock": (
        "from unittest.mock import MagicMock",
        "v = MagicMock()",
        "v(1)",
        "len(v.mock_calls)",
    ),
    "an answer that is not read": (
        "import io, requests",
        "v = requests.Response()\nv.raw = io.BytesIO(b'abc')",
        "w = v.raw.read()",
        "w",
    ),
}


@pytest.mark.parametrize("made_in", ["a step", "a plain cell"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_looked_at_is_as_it_would_be(
    case: tuple[str, str, str, str], made_in: str, own: Kernel
) -> None:
    first, makes, then, told = case
    own.play(first, makes, then)
    expected = own.value(told)
    own.restart()
    cells = (
        (f"%%step a\n{makes}",) if made_in == "a step" else (makes, "%%step b\nn = str(type(v))")
    )
    for _ in range(2):
        own.play(first, *cells, then)
        assert own.value(told) == expected
        own.restart()


def test_an_image_is_another_input_once_it_is_read(own: Kernel) -> None:
    step = "%%step a\nn = v.getpixel((1, 1))"
    own.play(IMAGES, "v = Image.open('a.jpg')", step)
    own.restart()
    played = own.play(IMAGES, "v = Image.open('a.jpg')", step)
    assert played[-1].status == "cached", played[-1].said
    own.restart()
    for status in ("completed", "cached"):
        played = own.play(IMAGES, "v = Image.open('a.jpg')\n_ = v.load()", step)
        assert played[-1].status == status, played[-1].said
        own.restart()
    other = IMAGES.replace("red", "blue")
    assert own.play(other, "v = Image.open('a.jpg')", step)[-1].status == "completed"
