"""What a step's error says of itself, and the lines of the user's that led to it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from zenbook.core.masking import mask
from zenbook.model import Status
from zenbook.world.variables import secrets_of_environment

_LONGEST = 500
_PACKAGE = str(Path(__file__).resolve().parents[1])


def status_of(error: BaseException) -> Status:
    """``failed``; ``interrupted`` for Stop and for an exit, which are no errors of the step."""
    return "failed" if isinstance(error, Exception) else "interrupted"


def described(error: BaseException | None) -> str:
    """An error's type and text, secrets masked; "" for none. An error that cannot be printed
    is named by its type alone."""
    if error is None:
        return ""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception as fault:
        # The user's own __str__ fails; raising here would put that in place of the user's error.
        text = f"cannot be printed ({type(fault).__name__})"
    if not text:
        return name
    return mask(f"{name}: {text[: 4 * _LONGEST]}", secrets_of_environment())[:_LONGEST]


def users_lines(error: BaseException) -> BaseException:
    """The error with our frames taken out of its traceback wherever one of the user's follows.

    What comes last stays, whosever it is: that is where the error was raised.
    """
    frames: list[TracebackType] = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    kept: TracebackType | None = None
    for frame in reversed(frames):
        if kept is None or not is_ours(_file(frame)) or _is_ours_only(kept):
            kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return error.with_traceback(kept)


def is_ours(file: str) -> bool:
    """Whether a source file is zenbook's."""
    return file.startswith(_PACKAGE)


def _file(trace: TracebackType) -> str:
    return trace.tb_frame.f_code.co_filename


def _is_ours_only(trace: TracebackType) -> bool:
    """Whether no frame of the user's follows."""
    following: TracebackType | None = trace
    while following is not None:
        if not is_ours(_file(following)):
            return False
        following = following.tb_next
    return True
