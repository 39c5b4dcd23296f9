"""A step function: a function that is lowered to a Call, and whose Outcome is raised to a value."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from zenbook.core.naming import name_of_function, valid_name
from zenbook.engine.compose import composing
from zenbook.engine.counting import Recounting
from zenbook.engine.desk import open_desk
from zenbook.engine.drivers import perform, perform_async
from zenbook.engine.in_place import replace as put_back
from zenbook.engine.sitting import LOOSE
from zenbook.errors import OptionError, StepError
from zenbook.front.script.options import unknown
from zenbook.front.script.signature import Binder
from zenbook.model import Call, Manner, Options, Outcome, Step

_NOTHING_SAID = Options()


class StepFunction:
    """What ``@step`` makes of a function.

    Called outside a pipeline it runs at once, cached; inside one it is composed. The function
    itself is ``__wrapped__``.
    """

    def __init__(
        self, target: Callable[..., Any], options: Options = _NOTHING_SAID, name: str = ""
    ) -> None:
        functools.update_wrapper(self, target)
        self.__wrapped__ = target
        self.options = options
        self._own_name = valid_name(name, "step name") if name else ""
        self._owner: dict[str, Any] = {}
        self._function = target
        if isinstance(target, types.MethodType):
            self._owner = {"self": target.__self__}
            self._function = target.__func__
        elif not isinstance(target, types.FunctionType):
            self._function = type(target).__call__
            self._owner = {"callable": target}
        self.is_async = inspect.iscoroutinefunction(self._function)
        for ignored in options.ignore:
            if ignored not in (inputs := (*self._owner, *self.binder.names)):
                raise OptionError(unknown("input", ignored, inputs))

    def __reduce__(self) -> str | tuple[Any, ...]:
        """By name, as functions are pickled, so that pools can call steps; else by its parts."""
        qualname = str(getattr(self, "__qualname__", ""))
        found: Any = sys.modules.get(self.__module__)
        for name in qualname.split("."):
            found = getattr(found, name, None)
        if found is self:
            return qualname
        return StepFunction, (self.__wrapped__, self.options, self._own_name)

    # ------------------------------------------------------------------ what it is

    @functools.cached_property
    def binder(self) -> Binder:
        """How this step's arguments become inputs."""
        return Binder(self.__wrapped__)

    @functools.cached_property
    def step(self) -> Step:
        """The step that this function is: its normal form with named inputs and outputs."""
        from zenbook.core.source import body_of_function, output_names

        name = self._own_name or name_of_function(self.__wrapped__, "step name")
        if "callable" in self._owner:
            inputs = (*self._owner, *self.binder.names)
            return Step(name, "callable", "", inputs, ("output",), self.options)
        body = body_of_function(self._function)
        return Step(
            name=name,
            code=body.code,
            source=body.source,
            inputs=(*self._owner, *self.binder.names),
            outputs=output_names(self._function) or ("output",),
            options=self.options,
            docstring=body.docstring,
        )

    @functools.cached_property
    def _used(self) -> tuple[Any, Mapping[str, Any] | None, str]:
        """The code whose names are followed, and where they are looked up; its digest in a key."""
        from zenbook.core.source import body_of_function

        if "callable" in self._owner:
            return None, None, ""
        body = body_of_function(self._function)
        if body.apart is None:
            return self._function, None, ""
        return body.apart.code, body.apart.space(self._function.__globals__), body.key

    @functools.cached_property
    def _shows(self) -> Manner:
        from zenbook.core.source import body_of_function

        if "callable" in self._owner:
            return ""
        return body_of_function(self._function).shows

    def call(self, values: Mapping[str, Any], options: Options) -> Call:
        """Lower to a Call with these values."""
        code, namespace, key_code = self._used
        return Call(
            step=self.step,
            values={**self._owner, **values},
            code=code,
            namespace=namespace,
            key_code=key_code,
            shows=self._shows,
            body=self._body,
            is_async=self.is_async,
            options=options,
        )

    def _body(self, /, **values: Any) -> Any:
        for name in self._owner:
            values.pop(name)
        return self._noting.call(**values)

    @functools.cached_property
    def _noting(self) -> Binder:
        """How the body is called: with what it drops noted."""
        from zenbook.core.source_shown import noting

        function = self._function
        twin = noting(function) if isinstance(function, types.FunctionType) else None
        if twin is None or "callable" in self._owner:
            return self.binder
        owner = self._owner.get("self")
        return self.binder.calling(twin if owner is None else types.MethodType(twin, owner))

    def named(self, result: Any) -> Mapping[str, Any]:
        """What the body returned, as outputs by name. Raises StepError if their number is off."""
        outputs = self.step.outputs
        if len(outputs) == 1:
            return {outputs[0]: result}
        if not isinstance(result, (tuple, list)) or len(result) != len(outputs):
            got = f"{len(result)} values" if isinstance(result, (tuple, list)) else "one value"
            raise StepError(
                f"Step {self.step.name} returned {got} where {len(outputs)} were composed "
                f"({', '.join(outputs)}). Return exactly these, or change its annotation."
            )
        return dict(zip(outputs, result, strict=True))

    # ------------------------------------------------------------------ calling it

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        composer = composing()
        after = kwargs.pop("after", ()) if self._takes_after(kwargs) else ()
        values = self.binder.bind(args, kwargs)
        if composer is not None:
            return composer.add(self, values, self.options, after)
        call = self.call(values, self.options)
        if self.is_async:
            return self._await(call)
        desk = open_desk()
        return _raised(perform(call, LOOSE, desk, self._split), call, self.step.outputs)

    async def _await(self, call: Call) -> Any:
        desk = open_desk()
        outcome = await perform_async(call, LOOSE, desk, self._split)
        return _raised(outcome, call, self.step.outputs)

    def _split(self, result: Any) -> Mapping[str, Any]:
        """Outputs by name for a caller outside a pipeline, who gets exactly what was returned."""
        outputs = self.step.outputs
        if len(outputs) > 1 and type(result) is tuple and len(result) == len(outputs):
            return dict(zip(outputs, result, strict=True))
        return {outputs[0] if len(outputs) == 1 else "output": result}

    def _takes_after(self, kwargs: Mapping[str, Any]) -> bool:
        return "after" in kwargs and "after" not in self.binder.names

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """As a method: the instance is one of the step's inputs."""
        if instance is None:
            return self
        bound = types.MethodType(self.__wrapped__, instance)
        return StepFunction(bound, self.options, self._own_name)

    # ------------------------------------------------------------------ variations

    def with_options(self, *, name: str = "", **options: Any) -> StepFunction:
        """The same step with other options (those of ``@step``); the original stays as it is."""
        from zenbook.front.script.options import options_from

        changed = options_from(self.options, options)
        return StepFunction(self.__wrapped__, changed, name or self._own_name)

    def after(self, *others: Any) -> Callable[..., Any]:
        """Composes to run after others: ``report.after(clean)(data)``."""

        def waiting(*args: Any, **kwargs: Any) -> Any:
            return self(*args, after=others, **kwargs)

        return waiting

    def __repr__(self) -> str:
        return f"<step {self.step.name}({', '.join(self.binder.names)})>"


def _put_back(outcome: Outcome, call: Call) -> None:
    """Give changed inputs their later content, and let pandas count frames as after a run."""
    recounting = Recounting(outcome.links or (), call.values)
    for name, value in outcome.changed.items():
        put_back(call.values[name], value)
    recounting.count(outcome.values, {name: call.values[name] for name in outcome.changed})


def _raised(outcome: Outcome, call: Call, outputs: tuple[str, ...]) -> Any:
    """An Outcome as a plain call would have given it."""
    if outcome.error is not None:
        raise outcome.error
    if outcome.status == "cached" and (outcome.links or outcome.changed):
        _put_back(outcome, call)
    values = outcome.values
    if len(outputs) > 1 and all(name in values for name in outputs):
        return tuple(values[name] for name in outputs)
    return values[outputs[0] if len(outputs) == 1 and outputs[0] in values else "output"]
