"""The verb that lets a notebook leave: ``zenbook export``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("export", short_help="Turn a notebook into a pipeline script.")
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The script [beside the notebook]."
)
@click.option(
    "--target",
    type=click.Choice(["zenbook", "zenml", "python"]),
    default="zenbook",
    help="What the script needs to run [zenbook].",
)
@click.option(
    "--verify/--no-verify",
    default=None,
    help="Run the script and compare its outputs with the notebook's.",
)
@click.option("--check", is_flag=True, help="Write nothing; say whether the script has drifted.")
@click.option("--report", is_flag=True, help="What became of every cell, and why.")
@click.option("--allow-magics", is_flag=True, help="Leave unknown magics out.")
@click.option(
    "--order",
    type=click.Choice(["document", "run"]),
    default=None,
    help="Which order counts, if the cells were executed out of order.",
)
def export_command(
    notebook: Path,
    output: Path | None,
    target: str,
    verify: bool | None,
    check: bool,
    report: bool,
    allow_magics: bool,
    order: str | None,
) -> int:
    """Write a NOTEBOOK as a script that finds everything computed; exit code 1 if --check fails."""
    import zenbook

    exported = zenbook.export(
        notebook,
        output,
        target=target,
        verify=verify,
        check=check,
        allow_magics=allow_magics,
        order=order,
    )
    for line in exported.told(full=report):
        click.echo(line)
    return 1 if exported.drifted else 0
