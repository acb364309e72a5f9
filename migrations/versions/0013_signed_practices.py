"""The list of practices that the clinic role works for is signed, so that a query of that role cannot change it."""

from importlib import import_module

from alembic import op

revision = "0013"
down_revision = "0012"

GUARDED = ("practices", *import_module("migrations.versions.0009_schema").RIGHTS)
PRACTICES = "current_setting('onboarding.practices', true)"


def upgrade() -> None:
    op.execute("CREATE TABLE clinic_key (key bytea NOT NULL, CONSTRAINT pk_clinic_key PRIMARY KEY (key))")
    op.execute("INSERT INTO clinic_key SELECT sha256(convert_to(concat(gen_random_uuid(), gen_random_uuid()), 'UTF8'))")
    # Only the owner may sign, for the present transaction of the present connection.
    op.execute(
        "CREATE FUNCTION sign_practices(practices text) RETURNS text LANGUAGE sql STABLE AS $$"
        " SELECT encode(sha256(key || sha256(key || convert_to("
        "concat_ws(' ', pg_backend_pid(), extract(epoch FROM now()), practices), 'UTF8'))), 'hex') FROM clinic_key $$"
    )
    op.execute("REVOKE EXECUTE ON FUNCTION sign_practices FROM PUBLIC")
    op.execute(
        "CREATE FUNCTION own_practices() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER "
        "SET search_path FROM CURRENT AS $$"
        f" SELECT string_to_array({PRACTICES}, ',')"
        f" WHERE current_setting('onboarding.signature', true) = sign_practices({PRACTICES}) $$"
    )
    for table in GUARDED:
        # In a subquery the function is called once a statement, not once a row.
        own_rows = f"{'id' if table == 'practices' else 'practice'} = ANY ((SELECT own_practices())::text[])"
        op.execute(f"ALTER POLICY clinic ON {table} USING ({own_rows}) WITH CHECK ({own_rows})")
