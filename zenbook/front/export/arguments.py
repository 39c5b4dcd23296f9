"""The command line of a script that does without zenbook: argparse, as one would write it.

Only what was given is passed on (``SUPPRESS``), so that a default stands in one place, the
pipeline's signature; the help repeats it for the reader.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from zenbook.front.export.imports import Imports
from zenbook.front.export.layout import INDENT, bracketed, quoted, spelled

if TYPE_CHECKING:
    from zenbook.front.export.parameters import Parameter

_TYPES = ("int", "float", "complex")
_CONTAINERS = ("list", "dict", "tuple", "set", "bytes")
_NO_CACHE = bracketed(
    "parser.add_argument(",
    ['"--no-cache"', 'dest="enable_cache"', 'action="store_false"', 'help="run every step"'],
    ")",
    1,
).lstrip()


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a script reads from its command line, if zenbook does not do it."""

    names: ClassVar[frozenset[str]] = frozenset(
        ["argparse", "ast", "main", "parser", "given", "enable_cache", "literal"]
    )
    """Names that a script with arguments needs for itself."""

    target: str
    parameters: Sequence[Parameter]
    taken: set[str]
    function: str
    """The pipeline's function."""

    @property
    def _caches(self) -> bool:
        return self.target == "zenml"

    @property
    def _asks(self) -> bool:
        return self._caches or (self.target == "python" and bool(self.parameters))

    @property
    def _literal(self) -> str:
        """The name of the function that reads what has no simple type, "" if none is needed."""
        open_kinds = (said.kind not in (*_TYPES, "str", "bool") for said in self.parameters)
        if not self._asks or not any(open_kinds):
            return ""
        return "literal" if "literal" not in self.taken else "literal_or_text"

    def imports(self, imports: Imports) -> None:
        """Add what reading the command line needs."""
        if self._asks:
            imports.add_module("argparse")
        if self._literal:
            imports.add_module("ast")

    def definitions(self) -> list[str]:
        """The function that reads a value whose type is open, if there is such a parameter."""
        if not self._literal:
            return []
        lines = [
            f"def {self._literal}(kind):",
            f'{INDENT}"""Make a reader of Python literals of a type, and of other texts."""',
            "",
            f"{INDENT}def read(text):",
            f"{INDENT * 2}try:",
            f"{INDENT * 3}value = ast.literal_eval(text)",
            f"{INDENT * 2}except (SyntaxError, ValueError):",
            f"{INDENT * 3}value = text",
            f"{INDENT * 2}if not isinstance(value, kind):",
            f"{INDENT * 3}raise TypeError(text)",
            f"{INDENT * 2}return value",
            "",
            f"{INDENT}read.__name__ = kind.__name__  # for the message of a wrong value",
            f"{INDENT}return read",
        ]
        return ["\n".join(lines)]

    def main(self, described: str, runs: str) -> tuple[str, str]:
        """A function that reads the command line, and what to run instead of ``runs``."""
        if not self._asks:
            return "", runs
        name = "main" if "main" not in self.taken else "run_from_command_line"
        lines = [
            f"def {name}() -> None:",
            f'{INDENT}"""Run the pipeline with the parameters of the command line."""',
            *self._parser(described),
            *(self._run_with_cache() if self._caches else self._run()),
        ]
        return "\n".join(lines) + "\n\n\n", f"{name}()"

    def _parser(self, described: str) -> list[str]:
        said = [f"description={quoted(described.replace('%', '%%'))}"]
        said.append("argument_default=argparse.SUPPRESS")
        lines = [bracketed("parser = argparse.ArgumentParser(", said, ")", 1)]
        for parameter in self.parameters:
            flag = quoted(f"--{parameter.name.strip('_').replace('_', '-') or parameter.name}")
            words = [flag, *self._reading(parameter), f"help={quoted(_help(parameter))}"]
            lines.append(bracketed("parser.add_argument(", words, ")", 1))
        return lines

    def _reading(self, parameter: Parameter) -> list[str]:
        """How the text becomes a value, and under which name if the option has another."""
        how: list[str] = []
        if parameter.kind == "bool":
            how = ["action=argparse.BooleanOptionalAction"]
        elif parameter.kind != "str":
            container = parameter.kind.partition("[")[0].lower()
            open_kind = container if container in _CONTAINERS else "object"
            known = parameter.kind in _TYPES
            how = [f"type={parameter.kind if known else f'{self._literal}({open_kind})'}"]
        if parameter.name != parameter.name.strip("_"):
            how.append(f"dest={quoted(parameter.name)}")
        return how

    def _run(self) -> list[str]:
        return [INDENT + spelled((f"{self.function}(", ["**vars(parser.parse_args())"], ")"), 1)]

    def _run_with_cache(self) -> list[str]:
        if any(parameter.name in ("no_cache", "enable_cache") for parameter in self.parameters):
            return self._run()
        said, given = "**vars(parser.parse_args())", ""
        lines = [_NO_CACHE]
        if self.parameters:
            lines.append("given = vars(parser.parse_args())")
            lines.append('enable_cache = given.pop("enable_cache", None)')
            said, given = "enable_cache=enable_cache", "**given"
        head = f"{self.function}.with_options("
        lines.append(spelled((head, [said], f")({given})"), 1))
        return [INDENT + line for line in lines]


def _help(parameter: Parameter) -> str:
    default = ast.unparse(ast.parse(parameter.text, mode="eval"))
    return f"{parameter.help} (default: {default})".strip().replace("%", "%%")
