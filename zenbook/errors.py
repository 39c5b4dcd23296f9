"""Every error zenbook raises, as one tree.

::

    ZenbookError
    ├── UsageError              the call or command is wrong; exit code 2
    │   ├── PipelineError       a pipeline cannot be composed
    │   ├── StepError           a step is declared or called wrongly
    │   ├── ExportError         a notebook cannot leave as a script as it is
    │   └── OptionError         an unknown or malformed option or parameter
    ├── MustHit                 ``--must-hit`` and there was no hit
    ├── NotDigestible           a value that no digest can describe (a lock, a generator, ...)
    ├── NotKeepable             a value that cannot be kept and loaded again faithfully
    ├── StoreFault              the store or the history did not do what it should
    │   ├── Damaged             bytes are not those that were written
    │   ├── Untrusted           signature missing, foreign or wrong
    │   ├── NoRoom              the disk is full
    │   ├── Busy                locked by another process for longer than we wait
    │   └── NewerSchema         written by a newer zenbook
    └── HomeError               the zenbook folder cannot be used (owner, mode, path)

An error says what happened, to which step or name, and what to do.
"""

from __future__ import annotations


class ZenbookError(Exception):
    """Base of all errors that zenbook raises itself."""


class UsageError(ZenbookError):
    """The call or the command is wrong."""


class PipelineError(UsageError):
    """A pipeline cannot be composed as written."""


class StepError(UsageError):
    """A step is declared or called in a way that cannot work."""


class OptionError(UsageError):
    """An option or parameter is unknown or malformed."""


class ExportError(UsageError):
    """A notebook cannot be exported as it is: names the cell, the line, the name and the remedy."""


class MustHit(ZenbookError):
    """The step was told to be a hit or to fail, and it is no hit."""


class NotDigestible(ZenbookError):
    """No digest can describe this value.

    ``where`` is a path inside the value, such as ``config['lock']``; "" for the value itself.
    """

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(f"{where or 'the value'} {why}")
        self.why = why
        self.where = where


class NotKeepable(ZenbookError):
    """A value cannot be kept and loaded again as what it is. ``name`` is the output's name."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}")
        self.name = name
        self.why = why


class StoreFault(ZenbookError):
    """The store or the history did not do what it should; the step runs without it."""


class Damaged(StoreFault):
    """Bytes are not those that were written."""


class NotHere(Damaged):
    """The bytes are whole, but need a class or a module that this process does not have so."""


class Untrusted(StoreFault):
    """A signature is missing, foreign or wrong."""


class NoRoom(StoreFault):
    """There is no room to write: the disk is full, or a quota or a limit is reached."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; make room there")


class Busy(StoreFault):
    """Another process holds a lock for longer than zenbook waits."""


class NewerSchema(StoreFault):
    """The folder was written by a newer zenbook."""


class HomeError(StoreFault):
    """The zenbook folder cannot be used: its owner, mode or path forbids it."""
