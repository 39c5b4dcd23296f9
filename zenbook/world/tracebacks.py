"""Errors that pass through a function of ours which stands in for another, as if it did not.

``raise`` without an error adds no frame, so that what is taken off before stays off. Where no error
passes, ``try`` costs nothing.
"""

from __future__ import annotations


def leave_out(error: BaseException) -> None:
    """Take the function that calls this, having caught the error, out of its traceback. It raises
    the error again with a bare ``raise``."""
    if (trace := error.__traceback__) is not None:
        error.__traceback__ = trace.tb_next
