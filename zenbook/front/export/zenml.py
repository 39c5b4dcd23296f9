"""What the released ZenML needs of a script, so that it gives what the notebook gives.

Measured with 0.98; each is silent there:

- Its formats change values: inner tuples and sets come back as lists (JSON), numpy's scalars as
  Python's, a table loses its column types and a series its name (CSV). So whatever they do not
  give back exactly is pickled, by a materializer of the script's own: the one that ZenML falls
  back to says with every save that none was chosen.
- One materializer for several outputs puts them into the key in the order of a set, another in
  each process, so that nothing is ever cached. Hence one is named for each output.
- The cache looks at a step's own text, not at the functions and constants the step uses: these
  are named as dependencies.
- What the pipeline's function does is done where the run is started, not where the steps run:
  the settings of libraries are made in each step.
- Parameters are kept as JSON.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zenbook.errors import ExportError
from zenbook.front.export.effects import effects_of
from zenbook.front.export.imports import Imports, names_used
from zenbook.front.export.layout import INDENT, Tree, quoted, spelled
from zenbook.front.export.pieces import Piece
from zenbook.front.export.types import annotation, own_classes, type_names

if TYPE_CHECKING:
    from zenbook.front.export.groups import Group
    from zenbook.front.export.parameters import Parameter
    from zenbook.front.export.plan import Plan
    from zenbook.front.export.titles import Title
    from zenbook.model import Options

_KEPT_EXACTLY = frozenset({"int", "float", "str", "bool", "bytes", "NoneType", "numpy.ndarray"})
_MATERIALIZER = "ExactMaterializer"


@dataclass(frozen=True, slots=True)
class Uses:
    """Module-level names that a step needs, each with its piece: code, and constants."""

    code: Mapping[str, Piece]
    constants: Mapping[str, Piece]


class Dialect:
    """What differs in a script that is written for ZenML."""

    names = frozenset(["zenml", "Annotated", "CachePolicy", "CloudpickleMaterializer"])
    names |= {_MATERIALIZER, "constants"}
    """Names that such a script needs for itself."""

    def __init__(self, plan: Plan, titles: Sequence[Title], prefix: str, configure: str) -> None:
        refuse_parameters(plan.parameters)
        self.plan, self.prefix = plan, prefix
        self.configures = [configure] if plan.of_kind("setup") else []
        self.functions = [title.function for title in titles]
        self.uses = [uses_of(self._nodes(group), plan) for group in plan.groups]
        self.tellers = tellers(self.functions, self.uses, plan.module.names)

    def _nodes(self, group: Group) -> list[ast.AST]:
        """A group's statements, and the names of classes that its inputs may be instances of."""
        plain = all(
            piece is None or self.plan.facts.type_of(piece.cell.number, name) in _KEPT_EXACTLY
            for name, piece in group.inputs.items()
        )
        classes = [] if plain else own_classes(self.plan)
        return [*group.nodes, *(ast.Name(name) for name in classes)]

    # ------------------------------------------------------------ module code

    def imports(self, imports: Imports) -> None:
        """Add what such a script imports."""
        imports.futures.clear()  # ZenML looks at the annotations themselves
        groups = self.plan.groups
        if self.prefix:
            imports.add_module("zenml")
        else:
            imports.add("zenml", "pipeline")
            imports.add("zenml", "step")
        if any(group.outputs for group in groups):
            imports.add("typing", "Annotated")
        if any("Annotated[Any" in self.gives(group) for group in groups):
            imports.add("typing", "Any")
        if any(map(self._rough, groups)):
            imports.add("zenml.materializers.cloudpickle_materializer", "CloudpickleMaterializer")
        if any(map(self._policy, groups)):
            imports.add("zenml.config.cache_policy", "CachePolicy")
        for name in {name for uses in self.uses for name in self._code(uses)}:
            if name not in self.plan.module.names:
                imports.add_module(name)

    def definitions(self) -> list[str]:
        """The materializer that changes nothing, and what tells the cache of constants."""
        found: list[str] = []
        if any(map(self._rough, self.plan.groups)):
            told = "Keeps outputs exactly; other formats lose inner tuples and column types."
            head = f"class {_MATERIALIZER}(CloudpickleMaterializer):"
            found.append(f'{head}\n{INDENT}"""{told}"""')
        return [*found, *dict.fromkeys(teller.text() for teller in self.tellers if teller)]

    # ------------------------------------------------------------ a step

    def decorator(self, group: Group) -> str:
        """``@step`` with what was asked for in the notebook and what ZenML must know."""
        said = _options(group)
        found: list[Tree] = []
        if said is not None and said.enable_cache is not None:
            found.append(f"enable_cache={said.enable_cache}")
        rough = self._rough(group)
        if rough and len(group.outputs) == 1:
            found.append(f"output_materializers={_MATERIALIZER}")
        elif rough:
            each = [f"{quoted(name)}: {_MATERIALIZER}" for name in rough]
            found.append(("output_materializers={", each, "}"))
        if policy := self._policy(group):
            found.append(("cache_policy=CachePolicy(", policy, ")"))
        head = f"@{self.prefix}step"
        return spelled((f"{head}(", found, ")")) if found else head

    def gives(self, group: Group) -> str:
        """ZenML names outputs by annotation; what has no name for its type is ``Any``."""
        named = []
        for name in group.outputs:
            path = self._type(group, name)
            kind = annotation(path, type_names(self.plan)) if path else ""
            named.append(f'Annotated[{kind or "Any"}, "{name}"]')
        if not named:
            return "None"
        return named[0] if len(named) == 1 else f"tuple[{', '.join(named)}]"

    def takes(self, path: str) -> bool:
        """Whether an input may be annotated: of these types ZenML makes others, as it checks."""
        converted = path.startswith("numpy.") and path != "numpy.ndarray"
        return not converted and not path.startswith("collections.")

    def after(self, group: Group) -> list[str]:
        """A step without data from another waits by name for the one above it."""
        place = self.plan.groups.index(group)
        fed = any(piece is not None for piece in group.inputs.values())
        return [] if fed or not place else [f'after="{self.functions[place - 1]}"']

    def _type(self, group: Group, name: str) -> str:
        numbers = (cell.number for cell in reversed(group.cells))
        return next((p for n in numbers if (p := self.plan.facts.type_of(n, name))), "")

    def _rough(self, group: Group) -> list[str]:
        """Outputs that ZenML's own formats might not give back as they were."""
        return [n for n in group.outputs if self._type(group, n) not in _KEPT_EXACTLY]

    def _policy(self, group: Group) -> list[Tree]:
        """What the cache looks at beside the step's own text and its inputs."""
        place = self.plan.groups.index(group)
        found: list[Tree] = []
        if code := [*self._code(self.uses[place]), *self.configures]:
            found.append(("source_dependencies=[", code, "]"))
        if teller := self.tellers[place]:
            found.append(f"cache_func={teller.function}")
        if (said := _options(group)) is None:
            return found
        if files := self._files(group, said):
            found.append(("file_dependencies=[", [quoted(path) for path in files], "]"))
        if said.ignore:
            found.append(("ignored_inputs=[", [quoted(name) for name in said.ignore], "]"))
        if said.ttl is not None:
            found.append(f"expires_after={max(1, round(said.ttl))}")
        return found

    def _files(self, group: Group, said: Options) -> list[str]:
        """Files named as reasons. ZenML wants them to be there, so not what the step writes."""
        wrote = effects_of(group, self.plan.facts, self.plan.pieces).wrote
        return [path for path in said.files if not set("*?[$") & set(path) | {path} & wrote]

    def _code(self, uses: Uses) -> list[str]:
        """Functions and classes of the script, and whole modules beside it."""
        found: dict[str, None] = {}
        for name in uses.code:
            module, _, member = self.plan.module.imports.get(name, name).partition(":")
            found[module if member else name] = None
        return list(found)


def _options(group: Group) -> Options | None:
    said = group.marked.step if group.marked is not None else None
    return said.options if said is not None else None


# ------------------------------------------------------------------ what a step depends on


def uses_of(nodes: Iterable[ast.AST], plan: Plan) -> Uses:
    """What these statements use of the module, and what that uses, in the notebook's order."""
    found: dict[str, Piece] = {}
    waiting = list(nodes)
    while waiting:
        for name in names_used([waiting.pop()]) & plan.module.names.keys() - found.keys():
            found[name] = plan.module.names[name]
            waiting += found[name].nodes
    code: dict[str, Piece] = {}
    constants: dict[str, Piece] = {}
    for name, piece in sorted(found.items(), key=lambda item: (item[1].order, item[0])):
        kind = plan.module.kind(piece)
        if kind == "constant":
            constants[name] = piece
        elif kind == "definition" or _is_local(plan.module.imports.get(name, ""), plan):
            code[name] = piece
    return Uses(code, constants)


def _is_local(what: str, plan: Plan) -> bool:
    """Whether an import means a module of the user's own, beside the notebook."""
    folder = plan.notebook.file.resolve().parent
    top = what.partition(":")[0].partition(".")[0]
    return bool(top) and ((folder / f"{top}.py").is_file() or (folder / top).is_dir())


@dataclass(frozen=True, slots=True)
class Teller:
    """A function that tells ZenML's cache the constants a step depends on."""

    function: str
    constants: tuple[tuple[str, bool], ...]
    """Names, and whether each is a set: its order differs from process to process."""

    def text(self) -> str:
        """The function."""
        shown = [f"sorted({n}, key=repr)" if is_set else n for n, is_set in self.constants]
        told = spelled(("return repr(", [("[", shown, "]")], ")"), 1)
        return (
            f"def {self.function}() -> str:\n"
            f'{INDENT}"""Tell the cache the constants that a step depends on."""\n'
            f"{INDENT}{told}"
        )


def tellers(
    functions: Sequence[str], uses: Sequence[Uses], taken: Iterable[str]
) -> list[Teller | None]:
    """One for each step that uses constants; steps that use the same share it."""
    used = set(taken)
    shared = len({tuple(found.constants) for found in uses if found.constants}) == 1
    made: dict[tuple[str, ...], Teller] = {}
    for function, found in zip(functions, uses, strict=True):
        names = tuple(found.constants)
        if not names or names in made:
            continue
        name = "constants" if shared else f"constants_of_{function}"
        while name in used:
            name += "_"
        used.add(name)
        made[names] = Teller(name, tuple((n, _is_set(p)) for n, p in found.constants.items()))
    return [made.get(tuple(found.constants)) for found in uses]


def _is_set(piece: Piece) -> bool:
    return isinstance(getattr(piece.node, "value", None), ast.Set)


# ------------------------------------------------------------------ parameters


def exact_kind(parameter: Parameter) -> str:
    """The annotation of a parameter; none where ZenML would make ``1.0`` of ``1`` by it."""
    try:
        made = type(ast.literal_eval(parameter.text)).__name__
    except (ValueError, SyntaxError):
        return parameter.kind
    converts = parameter.kind in ("int", "float", "str", "bool", "complex", "list", "tuple", "set")
    return "" if converts and made != parameter.kind else parameter.kind


def refuse_parameters(parameters: Iterable[Parameter]) -> None:
    """Refuse what JSON would change on its way into a step. Raises ExportError."""
    for said in parameters:
        try:
            value = ast.literal_eval(said.text)
        except (ValueError, SyntaxError):
            continue  # arithmetic of numbers
        if not _is_json(list(value) if isinstance(value, tuple) else value):
            raise ExportError(
                f"The parameter `{said.name}` is {said.text}, and ZenML keeps parameters as "
                "JSON, which has lists, texts and numbers only. Write it with lists, or bind it "
                "outside the cell of parameters."
            )


def _is_json(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_is_json, value.values()))
    return value is None or type(value) in (bool, int, float, str)
