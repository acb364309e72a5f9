"""What alembic runs: the migrations, in the transaction of the connection that `pharmacy.database.migrate` gives."""

from alembic import context

from pharmacy.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
