"""The tables in a database: made in a new one, brought up to date in one that an older mmdemo made."""

from sqlalchemy import Connection, inspect, select, text

from mmdemo.errors import FeedbackError
from mmdemo.feedback.failures import damaged
from mmdemo.feedback.location import Location
from mmdemo.feedback.tables import BY_PERSON, SCHEMA

_EVENTS = """
    CREATE TABLE mmdemo_events (
        number {number},
        event_id TEXT NOT NULL UNIQUE,
        person TEXT NOT NULL,
        kind TEXT NOT NULL,
        item_id TEXT NOT NULL,
        catalog TEXT NOT NULL,
        at DOUBLE PRECISION NOT NULL
    )
"""
_VOTES = """
    CREATE TABLE mmdemo_votes (
        number {number},
        vote_id TEXT NOT NULL UNIQUE,
        person TEXT NOT NULL,
        first TEXT NOT NULL,
        second TEXT NOT NULL,
        shown TEXT NOT NULL,
        teams TEXT NOT NULL,
        chosen TEXT NOT NULL,
        catalog TEXT NOT NULL,
        at DOUBLE PRECISION NOT NULL
    )
"""
STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE mmdemo_schema (version INTEGER NOT NULL, to_scrub INTEGER NOT NULL)",
        "INSERT INTO mmdemo_schema VALUES (0, 0)",
        _EVENTS,
        "CREATE INDEX ix_mmdemo_events_person ON mmdemo_events (person)",
    ),
    (_VOTES, "CREATE INDEX ix_mmdemo_votes_person ON mmdemo_votes (person)"),
)
"""Step s brings a database of version s to s + 1. Steps that were released stay as they are; changes are new ones."""

_NUMBER = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}
# PostgreSQL would keep samples of the values for its planner, and those of people who were erased with them.
_NO_SAMPLES = "ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0"
_LOCK = 0x6D6D64656D6F  # "mmdemo"


def version(connection: Connection) -> int:
    """How many steps the database has taken; 0: it holds nothing of mmdemo."""
    if not inspect(connection).has_table("mmdemo_schema"):
        return 0
    return connection.execute(select(SCHEMA.c.version)).scalar_one()


def check(connection: Connection, location: Location) -> bool:
    """Whether the database is up to date.

    Raises:
        FeedbackError: It is of a newer mmdemo, or a SQLite file of something else.
    """
    found = version(connection)
    if not isinstance(found, int):
        raise damaged(location, "its version is no number")
    if found > len(STEPS):
        raise FeedbackError(
            f"{location} has feedback of version {found}",
            expected=f"at most version {len(STEPS)} is known here",
            remedy="use the mmdemo that wrote it, or a newer one",
        )
    if found == 0 and connection.dialect.name == "sqlite" and inspect(connection).get_table_names():
        raise FeedbackError(
            f"{location} is a database of something else",
            expected="a database of feedback, or a new file, is needed",
            remedy="choose another file with --database",
        )
    return found == len(STEPS)


def upgrade(connection: Connection, location: Location) -> None:
    """Take the steps that are missing, within the transaction of a writer.

    Raises:
        FeedbackError: As `check`.
    """
    if connection.dialect.name == "postgresql":  # two programs may start at once; SQLite has one writer anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if check(connection, location):
        return
    for step in STEPS[version(connection) :]:
        for statement in step:
            connection.exec_driver_sql(statement.format(number=_NUMBER[connection.dialect.name]))
    if connection.dialect.name == "postgresql":
        for table in BY_PERSON:
            for column in table.columns:
                connection.exec_driver_sql(_NO_SAMPLES.format(table=table.name, column=column.name))
    connection.execute(SCHEMA.update().values(version=len(STEPS)))
