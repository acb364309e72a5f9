"""Run by Alembic: the migrations, in the transaction of `store.database.migrate`'s connection."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
