"""The lines of the open run, told again when what they say of its version is no longer so.

While a notebook is executed from its top, nobody can know yet which version the run will be: the
first cell is the same in all of them. So each line says what is known at its moment, and when a
later cell or the end of the run tells otherwise, the lines above are updated in place.
"""

from __future__ import annotations

from dataclasses import replace

from zenbook.front.notebook.line import REPLACES, Spot, StepLine


class Lines:
    """Where each step of the open run has its line, and what it says."""

    def __init__(self) -> None:
        self._told: list[tuple[Spot, StepLine]] = []

    def tell(self, spot: Spot, said: StepLine) -> None:
        """Show a step's line, and make those of the same run say the same version."""
        if REPLACES not in said.remarks:  # else its old line still stands, under another cell
            self._told = [told for told in self._told if told[1].step != said.step]
        if said.run is not None:
            self._told = [told for told in self._told if told[1].run == said.run]
            self.settle(said.version)
            self._told.append((spot, said))
        spot.show(said)

    def settle(self, version: str) -> None:
        """The version of the open run is this."""
        for place, (spot, said) in enumerate(self._told):
            if said.version != version:
                said = replace(said, version=version)
                spot.update(said)
                self._told[place] = (spot, said)

    def forget(self) -> None:
        """Nobody listens any more, or another run begins."""
        self._told.clear()
