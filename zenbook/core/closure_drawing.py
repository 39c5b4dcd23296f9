"""Code that may draw with matplotlib although it never names it: ``df.plot()``, ``df.hist()``.

Only such a step depends on the style of pictures among those that use pandas. What it draws by is
told by the names in its code, and in all that it uses; a name that only running tells is any name.
"""

from __future__ import annotations

import re

from zenbook.core.code_facts import CodeFacts, any_name, named_in

_DRAWS = re.compile(
    r"\w*plot\w*|(\w+_)?hist(_\w+)?|bar|dendrogram|\w+_gradient"
    r"|(save|get_)?fig(ure)?|\w+Display",
    re.IGNORECASE,
)
"""What is called so in pandas, scipy and scikit-learn, or is a picture by its name."""


def may_draw(facts: CodeFacts) -> bool:
    """Whether this code may draw a picture."""
    return any_name(facts) or any(map(_DRAWS.fullmatch, named_in(facts)))


def draws(identity: str) -> bool:
    """Whether a thing of a library draws, by the module and name that it has."""
    return any(map(_DRAWS.fullmatch, identity.split(".")))
