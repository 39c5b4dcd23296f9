"""The script's text, spelled out from the plan: the form an expert would commit."""

from __future__ import annotations

import ast
import shlex
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

from zenbook.front.export.arguments import Arguments
from zenbook.front.export.body import body_text, closed_with, declared_global, module_text
from zenbook.front.export.giving import taken
from zenbook.front.export.groups import Group
from zenbook.front.export.imports import Imports, names_used, text_of
from zenbook.front.export.layout import (
    INDENT,
    bracketed,
    call,
    docstring,
    indented,
    listed,
    quoted,
    tidy,
)
from zenbook.front.export.parameters import Parameter
from zenbook.front.export.plan import Plan
from zenbook.front.export.seeds import Seeds
from zenbook.front.export.titles import Title, notebook_title, pipeline_title, titles
from zenbook.front.export.types import annotation, returned, type_names
from zenbook.front.export.written import is_text_for_program
from zenbook.front.export.zenml import Dialect, exact_kind

Target = Literal["zenbook", "python", "zenml"]


class Script:
    """Everything the text needs, worked out once."""

    def __init__(self, plan: Plan, shown_path: str, target: Target) -> None:
        self.plan, self.path, self.target = plan, shown_path, target
        self.pipeline, function = pipeline_title(plan)
        module = set(plan.module.names)
        reserved = {"step", "pipeline", "cli", "configure", "display", "main", "zenbook"}
        reserved |= Dialect.names | Arguments.names
        self.seeds = Seeds(plan) if target != "zenbook" else None
        reserved |= self.seeds.names if self.seeds else set()
        self.main = function if function not in module | reserved else f"{function}_pipeline"
        reserved.add(self.main)
        self.titles = titles(plan, module | reserved)
        package = "zenml." if target == "zenml" else "zenbook."
        self.prefix = package if (module | _bound(plan)) & {"step", "pipeline", "cli"} else ""
        self.zenml = None
        if target == "zenml":
            self.zenml = Dialect(plan, self.titles, self.prefix, self._configure())
        self.parameters = [replace(said, kind=self._kind_of(said)) for said in plan.parameters]
        self.arguments = Arguments(target, self.parameters, module, self.main)

    def is_step(self, group: Group) -> bool:
        """Whether a group becomes a step; ZenML's pipelines can only hand on what steps give."""
        return self.target != "zenbook" or not group.is_plain

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of the steps."""
        both = zip(self.plan.groups, self.titles, strict=True)
        return tuple(title.name for group, title in both if self.is_step(group))

    # ------------------------------------------------------------ the whole

    def text(self) -> str:
        """The script."""
        blocks = [
            "\n".join(docstring(self._opening(), 0)),
            self._imports().text(),
            *self._constants(),
        ]
        definitions = [module_text(piece) for piece in self.plan.of_kind("definition")]
        definitions += self._shim()
        definitions += self.zenml.definitions() if self.zenml else []
        definitions += self.seeds.definitions() if self.seeds else []
        definitions += self.arguments.definitions()
        parts = ["\n\n".join(block for block in blocks if block), *definitions, *self._setup()]
        if self.plan.groups:
            both = zip(self.plan.groups, self.titles, strict=True)
            parts += [*(self._step(g, t) for g, t in both), self._pipeline(), self._end()]
        return "\n\n\n".join(part for part in parts if part) + "\n"

    def _opening(self) -> list[str]:
        notebook = self.plan.notebook
        first = (
            notebook_title(self.plan)
            or pipeline_title(self.plan)[1].strip("_").replace("_", " ").capitalize()
        )
        counts = [_count(len(self.steps), "step") if self.plan.groups else "only definitions"]
        if self.plan.parameters:
            counts.append(_count(len(self.plan.parameters), "parameter"))
        origin = f"Exported from {self.path} by zenbook ({', '.join(counts)})."
        target = "" if self.target == "zenbook" else f" --target {self.target}"
        again = f"Re-export with `zenbook export {shlex.quote(self.path)}{target}`."
        needs = sorted({n for cell in notebook.cells for n in cell.requirements})
        told = [f"Needs: {', '.join(needs)}."] if needs else []
        return [_ended(first), f"{origin}\n{again}", *told]

    # ------------------------------------------------------------ module code

    def _imports(self) -> Imports:
        closed = closed_with(self.plan)
        used = self.used | closed
        if self._shim():
            used.discard("display")
        has_steps = self.plan.notebook.has_steps
        imports = text_of(self.plan.of_kind("import"), used, has_steps)
        bound = self.plan.module.names.keys()
        for name in closed - bound:
            imports.add_module("matplotlib.pyplot", name)
        if self.target == "python" and any(map(_awaits, self.plan.groups)):
            imports.add_module("asyncio")
        if "display" in used - bound and self.target == "zenbook":
            imports.add("IPython.display", "display")
        if self.zenml:
            self.zenml.imports(imports)
        if self.seeds:
            self.seeds.imports(imports)
        if not self.plan.groups:
            return imports
        self.arguments.imports(imports)
        if self.target == "zenbook":
            if self.prefix:
                imports.add_module("zenbook")
            else:
                for name in ("cli", "pipeline", "step"):
                    imports.add("zenbook", name)
        return imports

    @cached_property
    def used(self) -> set[str]:
        """Every name that the script mentions."""
        asked = {name for group in self.plan.groups for cell in group.cells for name in cell.asked}
        return names_used(self._nodes()) | asked

    def _nodes(self) -> list[ast.AST]:
        """All code that the script keeps."""
        plan = self.plan
        nodes: list[ast.AST] = [node for group in plan.groups for node in group.nodes]
        for kind in ("definition", "constant", "setup"):
            nodes += [node for piece in plan.of_kind(kind) for node in piece.nodes]
        for parameter in plan.parameters:
            nodes.append(ast.parse(f"{parameter.text}\n{parameter.kind or 'None'}"))
        for group in plan.groups:
            notes = [self._kind(group, name) for name in (*group.inputs, *group.outputs)]
            nodes += [ast.parse(note) for note in notes if note]
        return nodes

    def _constants(self) -> list[str]:
        used = self.used
        left_out = self.plan.left_out
        pieces = [
            piece
            for piece in self.plan.of_kind("constant")
            if piece.names.writes & used
            and not (piece.cell.number in left_out and is_text_for_program(piece))
        ]
        texts: list[str] = []
        for piece in pieces:
            texts.append(tidy(piece.text))
        return ["\n".join(texts)] if texts else []

    def _setup(self) -> list[str]:
        pieces = self.plan.of_kind("setup")
        if not pieces:
            return []
        lines = [f"def {self._configure()}() -> None:"]
        lines += docstring(["Set how the libraries behave, as the notebook does."], 1)
        lines += [indented(tidy(piece.text)) for piece in pieces]
        return ["\n".join(lines)]

    def _configure(self) -> str:
        return "configure" if "configure" not in self.plan.module.names else "configure_libraries"

    def _shim(self) -> list[str]:
        module = self.plan.module
        is_own = "display" in module.names and "IPython" not in module.imports.get("display", "")
        if self.target == "zenbook" or is_own or "display" not in self.used:
            return []
        return [
            (
                "def display(*values):\n"
                f'{INDENT}"""Print what the notebook displays."""\n'
                f"{INDENT}for value in values:\n{INDENT * 2}print(value)"
            )
        ]

    # ------------------------------------------------------------ steps

    def _step(self, group: Group, title: Title) -> str:
        lines = self._decorator(group, title)
        make = "async def" if _awaits(group) else "def"
        kinds = [self._kind(group, name) for name in group.inputs]
        arguments = [f"{n}: {k}" if k else n for n, k in zip(group.inputs, kinds, strict=True)]
        lines.append(self._signature(f"{make} {title.function}(", arguments, self._gives(group)))
        told = [f"Returns: {', '.join(group.outputs)}."] if len(group.outputs) > 1 else []
        lines += docstring([title.sentence, *told], 1)
        if shared := declared_global(group):
            lines.append(f"{INDENT}global {', '.join(shared)}")
        if self.zenml and plan_sets(self.plan):
            lines.append(f"{INDENT}{self._configure()}()")
        body = body_text(self.plan, group)
        body = self.seeds.within(group, body) if self.seeds else body
        if body.lstrip().startswith(("def ", "class ", "async def ", "@")):
            lines.append("")  # where a formatter leaves one, below the docstring
        if body:
            lines.append(body)
        if group.outputs:
            lines.append(listed("return", group.outputs, 1))
        return "\n".join(lines)

    def _signature(self, head: str, arguments: list[str], gives: str) -> str:
        text = bracketed(head, arguments, f") -> {gives}:" if gives else "):")
        if _too_wide(text) and gives.startswith("tuple["):
            kinds = _items(gives.removeprefix("tuple[").removesuffix("]"))
            listed = "".join(f"{INDENT}{kind},\n" for kind in kinds)
            return bracketed(head, arguments, ") -> tuple[") + f"\n{listed}]:"
        return text

    def _kind(self, group: Group, name: str) -> str:
        """The annotation of an input or output as the run has seen it."""
        plan = self.plan
        if (parameter := plan.parameter_of(group, name)) is not None:
            return self._kind_of(parameter)
        piece = group.inputs.get(name)
        if name in group.outputs and not (piece and name in group.inputs):
            found = self._type_after(group, name)
        else:
            found = plan.facts.type_of(piece.cell.number, name) if piece else ""
        if not found or (self.zenml and not self.zenml.takes(found)):
            return ""
        return annotation(found, type_names(plan))

    def _kind_of(self, parameter: Parameter) -> str:
        return exact_kind(parameter) if self.zenml else parameter.kind

    def _gives(self, group: Group) -> str:
        if self.zenml:
            return self.zenml.gives(group)
        paths = [self._type_after(group, name) for name in group.outputs]
        return returned(paths, type_names(self.plan))

    def _type_after(self, group: Group, name: str) -> str:
        """The type that a run has seen under a name at the end of a group, "" if none has."""
        facts = self.plan.facts
        if not facts.cells:
            return ""
        numbers = (cell.number for cell in reversed(group.cells))
        return next((path for n in numbers if (path := facts.type_of(n, name))), "")

    def _decorator(self, group: Group, title: Title) -> list[str]:
        if self.target == "python" or not self.is_step(group):
            return []
        if self.zenml:
            return [self.zenml.decorator(group)]
        said = _options(group)
        if title.function != title.name:
            said = [f"name={quoted(title.name)}", *said]
        return [bracketed(f"@{self.prefix}step(", said, ")") if said else f"@{self.prefix}step"]

    # ------------------------------------------------------------ the pipeline

    def _pipeline(self) -> str:
        plan = self.plan
        lines = []
        if self.target != "python":
            named = [] if self.main == self.pipeline else [f"name={quoted(self.pipeline)}"]
            lines.append(
                f"@{self.prefix}pipeline({named[0]})" if named else f"@{self.prefix}pipeline"
            )
        arguments = [
            f"{p.name}: {p.kind} = {p.text}" if p.kind else f"{p.name}={p.text}"
            for p in self.parameters
        ]
        lines.append(self._signature(f"def {self.main}(", arguments, self._result_kind()))
        lines += docstring(self._told(), 1)
        if plan_sets(plan) and not self.zenml:
            lines.append(f"{INDENT}{self._configure()}()")
        for group, title in zip(plan.groups, self.titles, strict=True):
            lines.append(self._call(group, title))
        if plan.results:
            lines.append(listed("return", plan.results, 1))
        return "\n".join(lines)

    def _call(self, group: Group, title: Title) -> str:
        function = title.function
        parameters = {name: self.plan.parameter_of(group, name) for name in group.inputs}
        inputs = [said.name if said is not None else name for name, said in parameters.items()]
        if self.target == "python" and _awaits(group):
            inner = f"{function}({', '.join(inputs)})"
            return call(taken(self.plan, group), "asyncio.run", [inner])
        after = self.zenml.after(group) if self.zenml else []
        return call(taken(self.plan, group), function, [*inputs, *after])

    def _result_kind(self) -> str:
        if self.target == "zenml":
            return ""
        owners = {name: group for group in self.plan.groups for name in group.outputs}
        kinds = [self._type_after(owners[name], name) for name in self.plan.results]
        return returned(kinds, type_names(self.plan))

    def _told(self) -> list[str]:
        notebook = self.plan.notebook
        title = notebook_title(self.plan)
        sentence = notebook.introduction or title or "The notebook's steps in their order."
        helps = [f"{INDENT}{p.name}: {p.help}" for p in self.plan.parameters if p.help]
        return [_ended(sentence), *(["Parameters:\n" + "\n".join(helps)] if helps else [])]

    def _end(self) -> str:
        runs = f"{self.prefix}cli({self.main})" if self.target == "zenbook" else f"{self.main}()"
        told, runs = self.arguments.main(_ended(notebook_title(self.plan) or self._told()[0]), runs)
        return f'{told}if __name__ == "__main__":\n{INDENT}{runs}'


def _options(group: Group) -> list[str]:
    """The options of the ``%%step`` line as the decorator's."""
    said = group.marked.step if group.marked is not None else None
    if said is None:
        return []
    options = said.options
    found: list[str] = []
    if options.enable_cache is not None:
        found.append(f"enable_cache={options.enable_cache}")
    if options.ttl is not None:
        found.append(f"ttl={options.ttl:g}")
    for name in ("files", "ignore"):
        if values := getattr(options, name):
            found.append(f"{name}=[{', '.join(quoted(value) for value in values)}]")
    if options.version:
        found.append(f"version={quoted(options.version)}")
    if options.rng != "auto":
        found.append(f'rng="{options.rng}"')
    if options.seed is not None:
        found.append(f"seed={options.seed}")
    if options.replay != "all":
        found.append(f'replay="{options.replay}"')
    return found


def _bound(plan: Plan) -> set[str]:
    """Names that the notebook's code binds in any scope."""
    nodes = (node for piece in plan.pieces for top in piece.nodes for node in ast.walk(top))
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def plan_sets(plan: Plan) -> bool:
    """Whether the notebook sets how libraries behave."""
    return bool(plan.of_kind("setup"))


def _awaits(group: Group) -> bool:
    return group.awaits


def _items(text: str) -> list[str]:
    """The members of a tuple's annotation."""
    whole: Any = ast.parse(f"({text},)", mode="eval").body
    return [ast.get_source_segment(f"({text},)", node) or "" for node in whole.elts]


def _too_wide(text: str) -> bool:
    return any(len(line) > 88 for line in text.split("\n"))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def script_text(plan: Plan, shown_path: str, target: Target = "zenbook") -> str:
    """The script of a plan. The same plan gives the same bytes."""
    return Script(plan, shown_path, target).text()
