"""How does PostgreSQL keep a tenant's rows from others, should a statement forget to ask?

By row-level security on every table with a `tenant_id`, forced on its owner too. Units of work
run as a role that is no superuser and owns nothing; it sees the rows of the tenant that the
transaction was begun for. Only look-ups that find out whose something is stand outside.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from headwater.stores.sql.statistics import ANALYZE
from headwater.stores.sql.tables import OUTSIDE

ROLE = "headwater_app"

_TABLES = text(
    "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity "
    "AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid) "
    "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
    "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') "
    "AND NOT a.attisdropped"
)
_HAS_ROLE = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
_OWN_RIGHTS = text(
    "SELECT rolsuper OR rolbypassrls, rolcreaterole OR rolsuper FROM pg_roles "
    "WHERE rolname = current_user"
)
_MAY_BE = text("SELECT pg_has_role(current_user, :role, 'MEMBER')")
_MAKE_ROLE = f"""
DO $$ BEGIN
    CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
_POLICY = "tenant_id = current_setting('headwater.tenant', true)"


def protect(connection: Connection) -> None:
    """Put the wall up round every table that lacks it, and let the role use what is there."""
    _make_role(connection)
    for name, done in connection.execute(_TABLES).all():
        if done or name in OUTSIDE:
            continue
        table = connection.dialect.identifier_preparer.quote(name)
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY of_tenant ON {table} USING ({_POLICY}) WITH CHECK ({_POLICY})",
        ):
            connection.exec_driver_sql(statement)
    if connection.execute(_HAS_ROLE, {"role": ROLE}).first():
        _grant(connection)


def role_of_work(connection: Connection) -> str | None:
    """Return the role that units of work take on; None is the user's own, if no wall opens to it.

    Raises:
        PermissionError: row-level security would not hold; says what to change.
    """
    if connection.execute(_HAS_ROLE, {"role": ROLE}).first() and (
        connection.execute(_MAY_BE, {"role": ROLE}).scalar_one()
    ):
        return ROLE
    above, _ = connection.execute(_OWN_RIGHTS).one()
    if not above:
        return None
    message = (
        f"row-level security does not hold for this user, and it may not become {ROLE}: "
        f"create that role and grant it to the user, or give a user that is no superuser"
    )
    raise PermissionError(message)


def _make_role(connection: Connection) -> None:
    may_create = connection.execute(_OWN_RIGHTS).one()[1]
    if may_create and connection.execute(_HAS_ROLE, {"role": ROLE}).first() is None:
        connection.exec_driver_sql(_MAKE_ROLE)
    if may_create and not connection.execute(_MAY_BE, {"role": ROLE}).scalar_one():
        connection.exec_driver_sql(f"GRANT {ROLE} TO CURRENT_USER")


def _grant(connection: Connection) -> None:
    schema = connection.dialect.identifier_preparer.quote(
        connection.execute(text("SELECT current_schema()")).scalar_one()
    )
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {ROLE}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {ROLE}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {ROLE}",
        f"GRANT EXECUTE ON FUNCTION {ANALYZE}(text) TO {ROLE}",
    ):
        connection.exec_driver_sql(statement)
