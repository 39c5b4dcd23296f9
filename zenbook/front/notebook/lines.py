"""The lines of the open run, told again when what they say of its version is no longer so.

While a notebook is executed from its top, nobody can know yet which version the run will be: the
first cell is the same in all of them. So each line says what is known at its moment, and when a
later cell or the end of the run tells otherwise, the lines above are updated in place.
"""

from __future__ import annotations

from dataclasses import replace

from zenbook.front.notebook.line import Spot, StepLine


class Lines:
    """Where each step of the open run has its line, and what it says."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[Spot, StepLine]] = {}

    def tell(self, spot: Spot, said: StepLine) -> None:
        """Show a step's line, and make those of the same run say the same version."""
        self._told.pop(said.step, None)
        if said.run is not None:
            self._forget_other_runs(said.run)
            self.settle(said.version)
            self._told[said.step] = (spot, said)
        spot.show(said)

    def settle(self, version: str) -> None:
        """The version of the open run is this."""
        for step, (spot, said) in self._told.items():
            if said.version != version:
                said = replace(said, version=version)
                spot.update(said)
                self._told[step] = (spot, said)

    def forget(self) -> None:
        """Nobody listens any more, or another run begins."""
        self._told.clear()

    def _forget_other_runs(self, run: int) -> None:
        self._told = {step: told for step, told in self._told.items() if told[1].run == run}
