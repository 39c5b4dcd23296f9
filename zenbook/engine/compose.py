"""Compose: calling a pipeline's function wires its steps; none of them runs yet.

While a pipeline's body runs, a call of a step adds a :class:`Node` and gives placeholders for
its outputs. A placeholder may only be handed to other steps: whoever uses it as a value is told
so, because that code would run while composing and never again.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from zenbook.core.shape import execution_order, shape_of
from zenbook.errors import PipelineError
from zenbook.model import Call, Edge, Options, Shape, Step


class Composable(Protocol):
    """What a front door offers to be composed: a step's code, and calls of it with values."""

    @property
    def step(self) -> Step: ...
    def call(self, values: Mapping[str, Any], options: Options) -> Call: ...
    def named(self, result: Any) -> Mapping[str, Any]: ...


@dataclass(eq=False, slots=True)
class Node:
    """One step of a pipeline being composed."""

    name: str
    door: Composable
    values: Mapping[str, Any]
    options: Options
    after: list[str] = field(default_factory=list)
    wired: dict[str, set[str]] = field(default_factory=dict)
    """Inputs that hold placeholders, with the steps they come from; the rest are plain values."""

    @property
    def step(self) -> Step:
        """The node's step under the node's name."""
        from dataclasses import replace

        return replace(self.door.step, name=self.name)


class Placeholder:
    """Stands for a step's output while its pipeline is composed."""

    __slots__ = ("_node", "_output")

    def __init__(self, node: Node, output: str) -> None:
        self._node = node
        self._output = output

    def after(self, *others: Any) -> Placeholder:
        """Run this placeholder's step after the steps of others, whatever flows between them."""
        wait_for(self._node, others)
        return self

    def __repr__(self) -> str:
        return f"<output {self._output} of step {self._node.name}>"

    def _no_value(self, *_: Any, **__: Any) -> NoReturn:
        raise PipelineError(
            f"The output {self._output} of step {self._node.name} has no value while the pipeline "
            "is composed. Pass it to another step, and do there what you want to do with it here."
        )

    def __iter__(self) -> Iterator[Placeholder]:
        raise PipelineError(
            f"Step {self._node.name} is composed with one output, so it cannot be unpacked. If it "
            "returns several, write `return a, b` in it, or annotate it with `-> tuple[A, B]`."
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        self._no_value()

    __bool__ = __len__ = __getitem__ = __call__ = __contains__ = _no_value
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _no_value
    __truediv__ = __rtruediv__ = __matmul__ = __rmatmul__ = __neg__ = __pow__ = _no_value
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __index__ = _no_value
    __str__ = __format__ = _no_value


class Placeholders(tuple[Placeholder, ...]):
    """The several outputs of one step, to be unpacked."""

    __slots__ = ()

    def after(self, *others: Any) -> Placeholders:
        """Run this step after the steps of others."""
        wait_for(self[0]._node, others)
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Composition:
    """A composed pipeline: nodes in the order in which they will run."""

    pipeline: str
    nodes: tuple[Node, ...]
    parameters: Mapping[str, Any]
    shape: Shape
    result: Any
    """What the pipeline's function returned: placeholders, or None."""


class Composer:
    """Collects the nodes while a pipeline's body runs."""

    def __init__(self, pipeline: str) -> None:
        self.pipeline = pipeline
        self.nodes: dict[str, Node] = {}

    def add(
        self, door: Composable, values: Mapping[str, Any], options: Options, after: Any = ()
    ) -> Placeholder | Placeholders:
        """Add a step; a second step of the same name becomes ``name_2``, as in ZenML."""
        base, number = door.step.name, 1
        name = base
        while name in self.nodes:
            number += 1
            name = f"{base}_{number}"
        node = self.nodes[name] = Node(name, door, values, options)
        wait_for(node, after if isinstance(after, (list, tuple)) else (after,))
        outputs = tuple(Placeholder(node, output) for output in door.step.outputs)
        return outputs[0] if len(outputs) == 1 else Placeholders(outputs)

    def finish(self, parameters: Mapping[str, Any], result: Any) -> Composition:
        """Check and order what was collected. Raises PipelineError."""
        if not self.nodes:
            raise PipelineError(
                f"Pipeline {self.pipeline} has no steps. Call at least one @step function in it."
            )
        edges = [edge for node in self.nodes.values() for edge in self._edges(node)]
        upstream: dict[str, list[str]] = {}
        for edge in edges:
            upstream.setdefault(edge.target, []).append(edge.source)
        order = execution_order(list(self.nodes), upstream)
        nodes = tuple(self.nodes[name] for name in order)
        shape = shape_of([node.step for node in nodes], edges, parameters)
        return Composition(self.pipeline, nodes, dict(parameters), shape, result)

    def _edges(self, node: Node) -> Iterator[Edge]:
        for name, value in node.values.items():
            for placeholder in placeholders_in(value):
                self._own(placeholder._node)
                node.wired.setdefault(name, set()).add(placeholder._node.name)
                yield Edge(placeholder._node.name, placeholder._output, node.name, name)
        for name in node.after:
            if name not in self.nodes:
                raise PipelineError(
                    f"Step {node.name} is to run after {name}, which is no step of "
                    f"{self.pipeline}. Its steps are {', '.join(self.nodes)}."
                )
            yield Edge(name, "", node.name, "")

    def _own(self, node: Node) -> None:
        if self.nodes.get(node.name) is not node:
            raise PipelineError(
                f"The output of step {node.name} belongs to another pipeline than "
                f"{self.pipeline}. Call the step inside this pipeline."
            )


_composer: contextvars.ContextVar[Composer | None] = contextvars.ContextVar(
    "zenbook_composer", default=None
)


def composing() -> Composer | None:
    """The composer of the pipeline whose body is running now, if any."""
    return _composer.get()


@contextmanager
def composition_of(pipeline: str) -> Iterator[Composer]:
    """Compose while the block runs; pipelines may be composed within pipelines."""
    outer = _composer.get()
    composer = outer if outer is not None else Composer(pipeline)
    token = _composer.set(composer)
    try:
        yield composer
    finally:
        _composer.reset(token)


def placeholders_in(value: Any) -> Iterator[Placeholder]:
    """Placeholders in a value: itself, or inside lists, tuples and dicts of them."""
    if isinstance(value, Placeholder):
        yield value
    elif type(value) in (list, tuple, Placeholders):
        for item in value:
            yield from placeholders_in(item)
    elif type(value) is dict:
        for item in value.values():
            yield from placeholders_in(item)


def fill(value: Any, output_of: Any) -> Any:
    """The value with each placeholder replaced by what ``output_of(step, output)`` gives."""
    if isinstance(value, Placeholder):
        return output_of(value._node.name, value._output)
    if type(value) in (tuple, Placeholders):
        return tuple(fill(item, output_of) for item in value)
    if type(value) is list:
        return [fill(item, output_of) for item in value]
    if type(value) is dict:
        return {key: fill(item, output_of) for key, item in value.items()}
    return value


def wait_for(node: Node, others: Iterable[Any]) -> None:
    """Let a node run after others: placeholders, step names, or step functions."""
    for other in others:
        if isinstance(other, Placeholder):
            node.after.append(other._node.name)
        elif isinstance(other, Placeholders):
            node.after.append(other[0]._node.name)
        elif isinstance(other, str):
            node.after.append(other)
        elif hasattr(other, "step"):
            node.after.append(other.step.name)
        else:
            raise PipelineError(
                f"after={other!r} is no step. Give the name of a step, or its output."
            )
