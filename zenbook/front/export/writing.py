"""The script's text, spelled out from the plan: the form an expert would commit."""

from __future__ import annotations

import ast
from typing import Any, Literal

from zenbook.front.export.body import body_text, declared_global, module_text
from zenbook.front.export.groups import Group
from zenbook.front.export.imports import Imports, names_used, text_of
from zenbook.front.export.layout import INDENT, bracketed, call, docstring, listed, tidy
from zenbook.front.export.plan import Plan
from zenbook.front.export.titles import Title, pipeline_title, titles
from zenbook.front.export.types import annotation, returned

Target = Literal["zenbook", "python", "zenml"]


class Script:
    """Everything the text needs, worked out once."""

    def __init__(self, plan: Plan, shown_path: str, target: Target) -> None:
        self.plan, self.path, self.target = plan, shown_path, target
        self.pipeline, function = pipeline_title(plan)
        module = set(plan.module.names)
        reserved = {"step", "pipeline", "cli", "configure", "display", "main", "zenbook"}
        self.main = function if function not in module | reserved else f"{function}_pipeline"
        reserved.add(self.main)
        self.titles = titles(plan, module | reserved)
        self.prefix = "zenbook." if module & {"step", "pipeline", "cli"} else ""

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
        setup = self._setup()
        steps = [self._step(g, t) for g, t in zip(self.plan.groups, self.titles, strict=True)]
        parts = ["\n\n".join(blocks), *definitions, *setup, *steps, self._pipeline(), self._end()]
        return "\n\n\n".join(part for part in parts if part) + "\n"

    def _opening(self) -> list[str]:
        notebook = self.plan.notebook
        first = notebook.title or self.pipeline.replace("_", " ").replace("-", " ").capitalize()
        counts = [_count(len(self.plan.groups), "step")]
        if self.plan.parameters:
            counts.append(_count(len(self.plan.parameters), "parameter"))
        origin = f"Exported from {self.path} by zenbook ({', '.join(counts)})."
        target = "" if self.target == "zenbook" else f" --target {self.target}"
        again = f"Re-export with `zenbook export {self.path}{target}`."
        needs = sorted({n for cell in notebook.cells for n in cell.requirements})
        told = [f"Needs: {', '.join(needs)}."] if needs else []
        return [_ended(first), f"{origin}\n{again}", *told]

    # ------------------------------------------------------------ module code

    def _imports(self) -> Imports:
        used = names_used(self._nodes())
        imports = text_of(self.plan.of_kind("import"), used)
        bound = self.plan.module.names.keys()
        if self.target == "python" and any(map(_awaits, self.plan.groups)):
            imports.add_module("asyncio")
        if "display" in used - bound and self.target == "zenbook":
            imports.add("IPython.display", "display")
        if self.target == "zenml":
            self._zenml_imports(imports)
        if self.target == "zenbook":
            if self.prefix:
                imports.add_module("zenbook")
            else:
                for name in ("cli", "pipeline", "step"):
                    imports.add("zenbook", name)
        return imports

    def _zenml_imports(self, imports: Imports) -> None:
        imports.futures.clear()  # ZenML looks at the annotations themselves
        imports.add("zenml", "pipeline")
        imports.add("zenml", "step")
        if any(group.outputs for group in self.plan.groups):
            imports.add("typing", "Annotated")
        if any("Annotated[Any" in self._annotated(group) for group in self.plan.groups):
            imports.add("typing", "Any")

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
        used = names_used(self._nodes())
        pieces = [p for p in self.plan.of_kind("constant") if p.names.writes & used]
        texts: list[str] = []
        for piece in pieces:
            texts.append(tidy(piece.text))
        return ["\n".join(texts)] if texts else []

    def _setup(self) -> list[str]:
        pieces = self.plan.of_kind("setup")
        if not pieces:
            return []
        from zenbook.front.export.layout import indented

        lines = [f"def {self._configure()}() -> None:"]
        lines += docstring(["Set how the libraries behave, as the notebook does."], 1)
        lines += [indented(tidy(piece.text)) for piece in pieces]
        return ["\n".join(lines)]

    def _configure(self) -> str:
        return "configure" if "configure" not in self.plan.module.names else "configure_libraries"

    def _shim(self) -> list[str]:
        if self.target == "zenbook" or "display" not in names_used(self._nodes()):
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
        body = body_text(self.plan, group)
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
        for parameter in plan.parameters:
            if parameter.name == name and group.inputs.get(name, group) is None:
                return parameter.kind
        piece = group.inputs.get(name)
        if name in group.outputs and not (piece and name in group.inputs):
            numbers = [cell.number for cell in reversed(group.cells)]
        else:
            numbers = [piece.cell.number] if piece else []
        found = next((p for n in numbers if (p := plan.facts.type_of(n, name))), "")
        return annotation(found, plan.module.imports) if found else ""

    def _gives(self, group: Group) -> str:
        if self.target == "zenml":
            return self._annotated(group)
        paths = []
        for name in group.outputs:
            numbers = [cell.number for cell in reversed(group.cells)]
            found = next((p for n in numbers if (p := self.plan.facts.type_of(n, name))), "")
            paths.append(found)
        return returned(paths, self.plan.module.imports)

    def _annotated(self, group: Group) -> str:
        """ZenML names outputs by annotation; what has no name for its type is ``Any``."""
        named = []
        for name in group.outputs:
            numbers = [cell.number for cell in reversed(group.cells)]
            path = next((p for n in numbers if (p := self.plan.facts.type_of(n, name))), "")
            kind = annotation(path, self.plan.module.imports) if path else ""
            named.append(f'Annotated[{kind or "Any"}, "{name}"]')
        if not named:
            return "None"
        return named[0] if len(named) == 1 else f"tuple[{', '.join(named)}]"

    def _decorator(self, group: Group, title: Title) -> list[str]:
        if self.target == "python":
            return []
        if self.target == "zenml":
            return ["@step"]
        said = _options(group)
        if title.function != title.name:
            said = [f'name="{title.name}"', *said]
        return [bracketed(f"@{self.prefix}step(", said, ")") if said else f"@{self.prefix}step"]

    # ------------------------------------------------------------ the pipeline

    def _pipeline(self) -> str:
        plan = self.plan
        lines = []
        if self.target == "zenml":
            lines.append("@pipeline")
        if self.target == "zenbook":
            named = [] if self.main == self.pipeline else [f'name="{self.pipeline}"']
            lines.append(
                f"@{self.prefix}pipeline({named[0]})" if named else f"@{self.prefix}pipeline"
            )
        arguments = [
            f"{p.name}: {p.kind} = {p.text}" if p.kind else f"{p.name}={p.text}"
            for p in plan.parameters
        ]
        lines.append(self._signature(f"def {self.main}(", arguments, self._result_kind()))
        lines += docstring(self._told(), 1)
        if plan.of_kind("setup"):
            lines.append(f"{INDENT}{self._configure()}()")
        for group, title in zip(plan.groups, self.titles, strict=True):
            lines.append(self._call(group, title))
        if plan.results and self.target != "zenml":
            lines.append(listed("return", plan.results, 1))
        return "\n".join(lines)

    def _call(self, group: Group, title: Title) -> str:
        function, inputs = title.function, list(group.inputs)
        if self.target == "python" and _awaits(group):
            inner = f"{function}({', '.join(inputs)})"
            return call(group.outputs, "asyncio.run", [inner])
        if self.target == "zenml":
            return self._zenml_call(group, function, inputs)
        return call(group.outputs, function, inputs)

    def _zenml_call(self, group: Group, function: str, inputs: list[str]) -> str:
        """A step without data from another must wait for the steps above it by name."""
        place = self.plan.groups.index(group)
        fed = any(piece is not None for piece in group.inputs.values())
        if not fed and place:
            inputs = [*inputs, f'after="{self.titles[place - 1].function}"']
        later = {name for other in self.plan.groups[place + 1 :] for name in other.inputs}
        targets = group.outputs if later & set(group.outputs) else []
        return call(targets, function, inputs)

    def _result_kind(self) -> str:
        if self.target == "zenml":
            return ""
        kinds: list[str] = []
        for name in self.plan.results:
            owner = next(g for g in reversed(self.plan.groups) if name in g.outputs)
            numbers = [cell.number for cell in reversed(owner.cells)]
            kinds.append(next((p for n in numbers if (p := self.plan.facts.type_of(n, name))), ""))
        return returned(kinds, self.plan.module.imports)

    def _told(self) -> list[str]:
        notebook = self.plan.notebook
        sentence = notebook.introduction or notebook.title or "The notebook's steps in their order."
        helps = [f"{INDENT}{p.name}: {p.help}" for p in self.plan.parameters if p.help]
        return [_ended(sentence), *(["Parameters:\n" + "\n".join(helps)] if helps else [])]

    def _end(self) -> str:
        runs = f"{self.prefix}cli({self.main})" if self.target == "zenbook" else f"{self.main}()"
        return f'if __name__ == "__main__":\n{INDENT}{runs}'


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
            found.append(f"{name}=[{', '.join(_quoted(value) for value in values)}]")
    if options.version:
        found.append(f"version={_quoted(options.version)}")
    if options.rng != "auto":
        found.append(f'rng="{options.rng}"')
    return found


def _quoted(text: str) -> str:
    shown = repr(text)
    return f'"{shown[1:-1]}"' if shown[0] == "'" and '"' not in shown else shown


def _awaits(group: Group) -> bool:
    from zenbook.core.source import body_of_cell

    return body_of_cell(ast.Module(list(group.nodes), [])).is_async


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
