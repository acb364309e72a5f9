"""Run by Alembic: the migrations, in the transaction of `store.database.migrate`'s connection."""

from alembic import context

from migrations.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
