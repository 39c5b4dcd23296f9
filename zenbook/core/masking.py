"""Secrets are taken out of text before it is kept.

Two kinds are known: values that a caller names (environment variables whose names look secret),
and texts that look like credentials wherever they stand. A short secret (under six characters) is
left alone: masking every ``1`` in a table would destroy the table and hide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from zenbook.core.naming import is_secret_name

MASK = "•••"
SHORTEST = 6

_LOOKS_SECRET = re.compile(
    r"""
      \b(?:sk|pk|rk)-                              # OpenAI, Anthropic, Stripe style; no words
        (?=[A-Za-z0-9_-]*?(?:(?=[A-Za-z]*[0-9])[A-Za-z0-9]{8}|[A-Za-z]{20}))[A-Za-z0-9_-]{16,}
    | \b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}
    | \bgh[pousr]_[A-Za-z0-9]{20,}                 # GitHub
    | \bgithub_pat_[A-Za-z0-9_]{20,}
    | \bglpat-[A-Za-z0-9_-]{16,}                   # GitLab
    | \bhf_[A-Za-z0-9]{20,}                        # Hugging Face
    | \bxox[abposr]-[A-Za-z0-9-]{10,}              # Slack
    | \bAKIA[0-9A-Z]{16}\b                         # AWS
    | \bAIza[0-9A-Za-z_-]{30,}                     # Google
    | \beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+   # JSON web token
    """,
    re.VERBOSE,
)
_USERINFO = re.compile(r"(\b[a-zA-Z][a-zA-Z0-9+.-]*://)([^\s/@:'\"]*):([^\s/@'\"]+)@")
_HINTS = ("sk", "pk", "rk", "gh", "github_", "glpat-", "hf_", "xox", "AKIA", "AIza", "eyJ")


def secrets_in(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables whose names look secret, longest first."""
    found = {
        value
        for name, value in variables.items()
        if len(value) >= SHORTEST and is_secret_name(name) and not value.startswith(("/", "~"))
    }
    return tuple(sorted(found, key=lambda value: (-len(value), value)))


def mask(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret replaced by ``•••``; a URL keeps its host."""
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, MASK)
    if "://" in text:
        text = _USERINFO.sub(rf"\1{MASK}@", text)
    if any(hint in text for hint in _HINTS):
        text = _LOOKS_SECRET.sub(MASK, text)
    return text
