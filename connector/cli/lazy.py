"""Groups of verbs that import a verb's code only when the verb is used."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import rich_click as click

HELP = frozenset({"-h", "--help"})


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb, the module of ours that holds it, and what the overview says of it."""

    name: str
    module: str
    summary: str

    def load(self) -> click.Command:
        """Return the command itself, which stands in its module under its name."""
        module = import_module(f"connector.cli.{self.module}")
        return cast("click.Command", getattr(module, self.name))

    def stub(self) -> click.Command:
        """Return what the overview needs of the command."""
        return click.RichCommand(name=self.name, help=self.summary)


class LazyGroup(click.RichGroup):
    """Lists its verbs without importing them."""

    def __init__(self, *args: Any, verbs: Iterable[Verb] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.verbs = {verb.name: verb for verb in verbs}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which people need them."""
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a stand-in for a verb."""
        verb = self.verbs.get(cmd_name)
        return verb.stub() if verb else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that was asked for, imported."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, self.verbs[str(name)].load(), rest


class ListingGroup(click.RichGroup):
    """Runs its verb ``list`` where no other of its verbs is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the verb in where it was left out."""
        first = args[0] if args else "list"
        if first not in self.commands and first not in HELP:
            args = ["list", *args]
        return super().parse_args(ctx, args or ["list"])
