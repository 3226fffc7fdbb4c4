"""Runs the migrations over the connection that ``migrate`` hands in."""

from typing import Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from connector.store.column_types import Blob
from connector.store.schema import schema_version
from connector.store.tables import metadata


def render_item(kind: str, item: object, _: object) -> str | Literal[False]:
    """Name the plain type below ours: a migration outlives the code of its day."""
    if kind == "type" and isinstance(item, Blob):
        return "sa.LargeBinary()"
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{type(item.impl_instance).__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=schema_version.name,
    render_as_batch=True,
    render_item=render_item,
)

with context.begin_transaction():
    context.run_migrations()
