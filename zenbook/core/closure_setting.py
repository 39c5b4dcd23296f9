"""Code that may set what there is one of in a process: variables, the working folder, loggers.

A step that sets what another one has set already changes nothing, and must not be kept as if it
had nothing to do with it. One that only asks (``os.path.join``, ``logger.info``) does not depend
on such settings as a whole: what it asks for is a read of its own. They are told apart by the names
in the code, and in all that it uses; a name that only running tells is any name.
"""

from __future__ import annotations

from collections.abc import Mapping

from zenbook.core.code_facts import CodeFacts, any_name, named_in

SETTERS: Mapping[str, frozenset[str]] = {
    "os": frozenset(
        ["chdir", "chroot", "environ", "environb", "fchdir", "putenv", "reload_environ", "unsetenv"]
    ),
    "logging": frozenset(
        [
            *("addFilter", "addHandler", "basicConfig", "captureWarnings", "config", "dictConfig"),
            *("disable", "disabled", "fileConfig", "filters", "handlers", "lastResort", "level"),
            *("manager", "propagate", "removeFilter", "removeHandler", "root", "setLevel"),
            *("setLogRecordFactory", "setLoggerClass", "shutdown"),
        ]
    ),
}
"""By module, the names without which no code sets its settings."""


def may_set(facts: CodeFacts) -> frozenset[str]:
    """The modules whose settings this code may set."""
    names = named_in(facts)
    is_unseen = any_name(facts)
    return frozenset(m for m, setters in SETTERS.items() if is_unseen or setters & names)
