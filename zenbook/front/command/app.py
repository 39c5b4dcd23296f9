"""The command ``zenbook`` and what all its verbs share: errors, exit codes, JSON."""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zenbook.errors import UsageError, ZenbookError

if TYPE_CHECKING:
    from rich.console import RenderableType

_PACKAGE = str(Path(__file__).parents[2]) + os.sep

VERBS = {
    "run": "running",
    "plan": "running",
    "export": "exporting",
    "runs": "looking",
    "show": "looking",
    "why": "looking",
    "diff": "looking",
    "restore": "looking",
    "status": "keeping",
    "pin": "keeping",
    "gc": "keeping",
    "fsck": "keeping",
    "forget": "keeping",
}
"""Which module beside this one has each verb's command, in the order of the help."""


_MEANT = {
    "runs": {"history", "list", "log", "ls"},
    "why": {"explain", "reason"},
    "diff": {"compare"},
    "restore": {"get", "load"},
    "gc": {"clean", "clear", "prune"},
    "fsck": {"check", "verify"},
    "forget": {"delete", "remove", "rm"},
}
"""What other programs call the verbs."""


class Verbs(click.Group):
    """Imports a verb's module when the verb is used; a wrong verb gets a suggestion."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order in which one needs them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, or None for click to refuse."""
        from importlib import import_module

        if cmd_name not in VERBS:
            return None
        module = import_module(f"zenbook.front.command.{VERBS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest verb in the message."""
        from zenbook.core.naming import nearest

        if args[:1] == ["help"]:
            click.echo(ctx.get_help())
            ctx.exit()
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            meant = next((verb for verb, words in _MEANT.items() if args[0] in words), "")
            near = f"Did you mean {meant}?" if meant else nearest(args[0], list(VERBS))
            raise click.UsageError(f"There is no verb {args[0]}. {near}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=Verbs,
    subcommand_metavar="VERB ...",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="zenbook", message="zenbook %(version)s")
def zenbook() -> None:
    """Pipelines and notebooks that wait only for what changed.

    RUN is a run's id, the first digits of it, PIPELINE:NUMBER, or `latest`.
    """


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--json``: the same facts for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def tell(
    view: Mapping[str, Any], page: Callable[[], Iterator[RenderableType]], as_json: bool
) -> None:
    """Print a view: as JSON, or as the page that shows it."""
    if as_json:
        click.echo(json.dumps(view, indent=2, ensure_ascii=False, default=str))
        return
    from zenbook.front.command.tables import write

    write(page())


def exit_code_of(command: click.Command, arguments: Sequence[str] | None, name: str | None) -> int:
    """Run a command to its end, and tell every error in a sentence on standard error."""
    try:
        given = list(arguments) if arguments is not None else None
        with _warnings_as_sentences():
            code = command.main(given, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except UsageError as error:
        click.echo(f"Error: {error}", err=True)
        return 2
    except ZenbookError as error:
        click.echo(f"Error: {error}", err=True)
        return 1
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`); there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


@contextmanager
def _warnings_as_sentences() -> Iterator[None]:
    """A store that is out of order is told as an error is, without a line of our source."""
    usual = warnings.showwarning

    def show(message: Any, category: Any, *place: Any, **more: Any) -> None:
        if category.__name__ == "StoreWarning":
            click.echo(f"Warning: {message}", err=True)
        else:
            usual(message, category, *place, **more)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = usual


def show_error(error: BaseException) -> None:
    """Print a user's own error with the traceback of the user's own lines."""
    told = traceback.format_exception(type(error), error, _own_frames(error))
    click.echo("".join(told), err=True, nl=False)


def _own_frames(error: BaseException) -> Any:
    """The traceback from the first frame that is neither ours nor Python's machinery; none of a
    file that is no Python, whose error names the line."""
    frame = error.__traceback__
    while frame is not None and _is_machinery(frame.tb_frame.f_code.co_filename):
        frame = frame.tb_next
    return frame if frame is not None or isinstance(error, SyntaxError) else error.__traceback__


def _is_machinery(filename: str) -> bool:
    return filename.startswith((_PACKAGE, "<frozen "))
