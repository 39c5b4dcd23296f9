"""What a module's body does, without what its functions do.

Functions of a loaded module are compared with the module's text one by one (see
:mod:`zenbook.core.closure_static`); what its body has computed is not, and this says whether the
body is still the one that computed it. A decorator may have made anything of a function, so a
decorated one is part of the body.
"""

from __future__ import annotations

import inspect
from types import CodeType

from zenbook.core.code_digest import CONSTANT_LOADS, code_digest, instructions_of


def shape_of(code: CodeType) -> str:
    """32 hex digits of the body of a module, with those of its classes."""
    return code_digest(_bare(code))


def _bare(code: CodeType) -> CodeType:
    plain = _plain_functions(code)
    return code.replace(co_consts=tuple(_outlined(const, plain) for const in code.co_consts))


def _outlined(const: object, plain: set[CodeType]) -> object:
    if not isinstance(const, CodeType):
        return const
    if const in plain:
        return const.co_name
    is_class = not const.co_flags & inspect.CO_OPTIMIZED
    return _bare(const) if is_class else const


def _plain_functions(code: CodeType) -> set[CodeType]:
    """The code of functions that are bound to a name as they are."""
    steps = [s for s in instructions_of(code) if s.opname != "SET_FUNCTION_ATTRIBUTE"]
    return {
        step.argval
        for step, made, bound in zip(steps, steps[1:], steps[2:], strict=False)
        if step.opname in CONSTANT_LOADS
        and isinstance(step.argval, CodeType)
        and step.argval.co_flags & inspect.CO_OPTIMIZED
        and (made.opname, bound.opname) == ("MAKE_FUNCTION", "STORE_NAME")
    }
