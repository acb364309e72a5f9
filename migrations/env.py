"""What alembic runs: the migrations, in the transaction of the connection that `store.database.migrate` gives."""

from alembic import context

from migrations.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
