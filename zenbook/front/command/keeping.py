"""The verbs that look after the zenbook folder: ``status pin gc fsck forget``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from zenbook.core.view import store_view
from zenbook.core.view_types import SCHEMA
from zenbook.engine import upkeep
from zenbook.engine.handles import find_run
from zenbook.errors import UsageError
from zenbook.front.command import tables
from zenbook.front.command.app import json_option, tell
from zenbook.front.typed_text import size_of

if TYPE_CHECKING:
    from rich.console import RenderableType


def _bytes(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    return size_of(text) if text is not None else None


@click.command("status", short_help="Where results are kept, and how large they are.")
@json_option
def status_command(as_json: bool) -> None:
    """Say where zenbook keeps things, how much there is, and what takes most of it."""
    status = upkeep.status()
    view = {**store_view(status), "path": str(status.path), "evicted": status.evicted}

    def page() -> Iterator[RenderableType]:
        yield str(status.path)
        yield from tables.store_page(store_view(status))

    tell(view, page, as_json)


@click.command("pin", short_help="Never evict what a run made or used.")
@click.argument("run", default="latest")
@click.option("--remove", is_flag=True, help="Let go of a pinned run.")
def pin_command(run: str, remove: bool) -> None:
    """Keep all that a RUN made or used, whatever the limit."""
    if remove:
        click.echo(f"{upkeep.unpin(run).reference} is no longer pinned.")
    else:
        click.echo(f"{upkeep.pin(run).reference} is pinned.")


@click.command("gc", short_help="Make room: what nobody needs goes first.")
@click.option(
    "--limit",
    metavar="SIZE",
    callback=_bytes,
    help="Evict until no more than this is kept, this time.",
)
@click.option(
    "--set-limit", metavar="SIZE", callback=_bytes, help="Keep no more than this from now on."
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and delete nothing.")
@json_option
def gc_command(limit: int | None, set_limit: int | None, dry_run: bool, as_json: bool) -> None:
    """Collect what nobody needs, then evict the longest unused results over the limit.

    Runs and records stay: a step whose result was evicted simply runs again.
    """
    if set_limit is not None:
        upkeep.set_limit(set_limit)
    collected = upkeep.gc(limit, dry_run=dry_run)

    def page() -> Iterator[RenderableType]:
        yield repr(collected)

    tell({"kind": "gc", "schema": SCHEMA, **asdict(collected)}, page, as_json)


@click.command("fsck", short_help="Check every record and every kept byte.")
@click.option("--repair", is_flag=True, help="Leave a store that checks clean.")
@json_option
def fsck_command(repair: bool, as_json: bool) -> int:
    """Check every record and every kept byte; the exit code is 1 if something is wrong."""
    report = upkeep.fsck(repair=repair)

    def page() -> Iterator[RenderableType]:
        yield repr(report)

    tell({"kind": "fsck", "schema": SCHEMA, **asdict(report)}, page, as_json)
    return 0 if report.clean else 1


@click.command("forget", short_help="Really delete a run.")
@click.argument("run")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_command(run: str, yes: bool) -> None:
    """Really delete a RUN: its lines, its records, and the bytes that no other record needs.

    What other runs were given of it is gone, too. A pinned run keeps what it was given.
    """
    if not yes:
        _confirm(run)
    click.echo(repr(upkeep.forget(run)))


def _confirm(run: str) -> None:
    named = find_run(run).facts.reference
    if not sys.stdin.isatty():
        raise UsageError(f"To delete {named} for good without being asked, add --yes.")
    click.confirm(f"Delete {named} for good?", abort=True)
