"""Terminal IPython has no displays to update: the line is said once, as text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
from IPython.terminal.interactiveshell import TerminalInteractiveShell
shell = TerminalInteractiveShell.instance()
shell.run_line_magic("load_ext", "zenbook")
result = shell.run_cell("%%step a\\nx = 3\\nprint('hi')\\nx + 1", store_history=True)
assert result.result == 4 and shell.user_ns["_"] == 4, result
failed = shell.run_cell("%%step b\\n1 / 0")
assert isinstance(failed.error_in_exec, ZeroDivisionError)
waited = shell.run_cell("%%step c\\nimport asyncio\\nawait asyncio.sleep(0)\\ny = 1")
assert waited.success
typed = ["%%step d", "%%step d\\nz = 1\\n", "%%step d\\nz = 1\\n\\n", "%%parameters", "z = 1"]
print([shell.check_complete(text)[0] for text in typed])
print("answers:")
for verb in ("runs", "show", "plan"):
    forms, _ = shell.display_formatter.format(shell.run_line_magic("zenbook", verb))
    assert list(forms) == ["text/plain"], forms
    print(forms["text/plain"])
"""


def test_steps_work_in_the_terminal_with_text_only(tmp_path: Path) -> None:
    env = {
        **os.environ,
        "ZENBOOK_HOME": str(tmp_path / "home"),
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "NO_COLOR": "1",
    }
    said = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        for _ in range(2)
    ]
    assert [one.returncode for one in said] == [0, 0], said[0].stdout + said[0].stderr
    steps = [one.stdout.partition("answers:")[0] for one in said]
    assert "✓ a  " in steps[0] and "running" not in steps[0]
    for one, glyph in zip(said, "✓↺", strict=True):  # the line stands under what the cell shows
        assert one.stdout.index("hi\n") < one.stdout.index("4\n") < one.stdout.index(f"{glyph} a  ")
    assert "✗ b  failed after" in steps[0]
    assert "↺ a  cached" in said[1].stdout and "↺ c  cached" in said[1].stdout
    assert "↺ a  cached\n" in said[0].stdout and "Run 2 of notebook" in said[0].stdout
    for one in said:
        # as after %%time: a blank line ends the cell
        assert "['incomplete', 'incomplete', 'complete', 'incomplete', 'complete']" in one.stdout
        assert "hi\n" in one.stdout and "4\n" in one.stdout
