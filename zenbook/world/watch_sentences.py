"""What is to be said of a step when it has ended."""

from __future__ import annotations


class Sentences:
    """The sentences on one step, each once, in order."""

    def __init__(self) -> None:
        self.remarks: dict[str, None] = {}
        self.obstacles: dict[str, None] = {}

    def remark(self, text: str) -> None:
        """A sentence to show with the result."""
        self.remarks[text] = None

    def obstacle(self, text: str) -> None:
        """A reason not to keep the result."""
        self.obstacles[text] = None
