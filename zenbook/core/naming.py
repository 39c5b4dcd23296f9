"""Which names steps, outputs, pipelines and parameters may have, and which names hold secrets.

A name ends up in tables, terminals, web pages, exported scripts and JSON; one narrow alphabet
keeps every one of those places simple. The rule is the same everywhere: a letter or an
underscore, then letters, digits, ``_``, ``.`` and ``-``, all ASCII, at most 100 of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from zenbook.errors import OptionError

LONGEST_NAME = 100
"""Characters a name may have."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NUMBER = re.compile(r"#\d+\Z")
"""What tells apart things of one name: ``timer()#2``."""
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_SHOWN = 60

_SECRET_WORDS = frozenset(
    {
        "apikey",
        "auth",
        "authorization",
        "bearer",
        "credential",
        "credentials",
        "passphrase",
        "passwd",
        "password",
        "pwd",
        "secret",
        "secrets",
        "token",
        "tokens",
    }
)
_SECRET_ENDINGS = ("apikey", "password", "passwd", "passphrase", "secret", "token", "credentials")
_SECRET_PAIRS = frozenset(
    {
        ("access", "key"),
        ("account", "key"),
        ("api", "key"),
        ("connection", "string"),
        ("encryption", "key"),
        ("private", "key"),
        ("signing", "key"),
    }
)
_NOT_SECRET = frozenset({"count", "counts", "ids", "len", "length", "limit", "max", "min", "num"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def unnumbered(label: str) -> str:
    """What a thing is called without the number that tells it from others of the name."""
    return _NUMBER.sub("", label)


def valid_name(name: str, what: str = "name") -> str:
    """Give the name back if it may be used; raise OptionError, showing it safely, if not.

    ``what`` says what is being named in the error: ``step name``, ``pipeline name``.
    """
    why = _objection(name)
    if why:
        raise OptionError(
            f"{shown_safely(name)} cannot be a {what}: {why}. Use a letter or _ first, then "
            f"letters, digits, _, . or -, at most {LONGEST_NAME} characters."
        )
    return name


def valid_title(text: str, what: str = "title") -> str:
    """Give words on one line back if they can be shown anywhere; raise OptionError if not.

    Spaces and any script are allowed; line ends, control and direction marks are not.
    """
    if isinstance(text, str) and text.strip() and text.isprintable() and len(text) <= LONGEST_NAME:
        return text
    raise OptionError(
        f"{shown_safely(text)} cannot be a {what}: use 1 to {LONGEST_NAME} printable characters "
        "on one line."
    )


def name_of_function(function: object, what: str) -> str:
    """The name a function gives to what is made of it: its own, ``lambda``, or the kind's.

    Python allows identifiers of any script, so these are allowed here. Raises OptionError for a
    name that is too long or was set to something else.
    """
    name = getattr(function, "__name__", what.partition(" ")[0])
    if name == "<lambda>":
        return "lambda"
    if isinstance(name, str) and name.isidentifier() and len(name) <= LONGEST_NAME:
        return name
    return valid_name(name, what)


def shown_safely(text: object) -> str:
    """Quote any text as printable ASCII on one line, cut to a length fit for a message."""
    quoted = ascii(str(text)[: _SHOWN + 1])
    return quoted if len(str(text)) <= _SHOWN else ascii(str(text)[:_SHOWN])[:-1] + "...'"


def is_secret_name(name: str) -> bool:
    """Say whether a parameter or variable of this name likely holds a secret.

    ``api_key``, ``dbPassword``, ``HF_TOKEN`` do; ``max_tokens``, ``token_count``, ``keyword``
    do not.
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if any(pair in _SECRET_PAIRS for pair in pairwise(words)):
        return True
    if not _NOT_SECRET.isdisjoint(words):
        return any(word in {"password", "secret", "apikey"} for word in words)
    return any(word in _SECRET_WORDS or word.endswith(_SECRET_ENDINGS) for word in words)


def _objection(name: object) -> str:
    """Say what is wrong with a name, or nothing."""
    if not isinstance(name, str):
        return "it is not text"
    if not name:
        return "it is empty"
    if len(name) > LONGEST_NAME:
        return f"it has {len(name)} characters"
    if not _NAME.fullmatch(name):
        return "it has a character that is not allowed there"
    if _DEVICE.fullmatch(name):
        return "some systems take it for a device"
    return ""


def closest(wrong: str, known: Iterable[str]) -> str:
    """The known name that a wrong one was most likely meant to be, in whatever case; "" if none."""
    from difflib import get_close_matches  # read where something is wrong, not on the way of a hit

    names: dict[str, str] = {}
    for name in known:
        names.setdefault(name.casefold(), name)
    wrong = wrong.casefold()
    near = get_close_matches(wrong, names, n=3, cutoff=0.5)
    of_its_letters = (name for name in near if sorted(name) == sorted(wrong))  # rusn: runs, not run
    return names[next(of_its_letters, near[0])] if near else ""


def nearest(wrong: str, known: Iterable[str]) -> str:
    """``Did you mean model?``, or what there is."""
    names = list(known)
    close = closest(wrong, names)
    return f"Did you mean {close}?" if close else f"It has {', '.join(names) or 'none'}."
