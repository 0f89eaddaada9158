"""Erasing: rows are deleted, and then their bytes leave the files.

A deleted row stays readable in a database's files for long. SQLite is told to overwrite what is deleted, rewrites the
file and empties its log; PostgreSQL rewrites the tables. Beyond reach are copies: backups, what a file system or a disk
keeps of old blocks, and the log of a PostgreSQL server, which it recycles by itself.
"""

from sqlalchemy import delete, select

from mmdemo.errors import FeedbackError
from mmdemo.feedback.database import Database
from mmdemo.feedback.tables import BY_PERSON, SCHEMA


def erase(database: Database, person: str | None) -> int:
    """Delete all that is kept of a person, or of everybody.

    Returns:
        How many events and votes there were.

    Raises:
        FeedbackError: They could not be deleted; or they are, but somebody who reads the database keeps their bytes in
            the files. Erasing again, even of nothing, then finishes it.
    """
    with database.writing() as connection:
        removed = 0
        for table in BY_PERSON:
            of_person = delete(table) if person is None else delete(table).where(table.c.person == person)
            removed += connection.execute(of_person).rowcount
        connection.execute(SCHEMA.update().values(to_scrub=SCHEMA.c.to_scrub + 1))
    scrub(database)
    return removed


def finish(database: Database) -> None:
    """Do what an eraser that was killed has left to do, if nobody is in the way."""
    if _to_scrub(database):
        try:
            scrub(database)
        except FeedbackError:
            return  # the mark stays, so the next one tries; storing a like must not fail for it


def scrub(database: Database) -> None:
    """Rewrite the files without what was deleted.

    Raises:
        FeedbackError: Somebody reads the database for longer than can be waited.
    """
    before = _to_scrub(database)
    with database.alone() as connection:
        if database.location.file is None:
            for table in BY_PERSON:
                connection.exec_driver_sql(f"VACUUM (FULL) {table.name}")
        else:
            connection.exec_driver_sql("VACUUM")
            (blocked, _, _) = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            if blocked:
                raise FeedbackError(
                    f"deleted from {database.location}, but another program that reads it keeps the bytes in its log",
                    expected="a moment without readers is needed",
                    remedy="close the other program and erase again",
                )
    with database.writing() as connection:
        connection.execute(SCHEMA.update().where(SCHEMA.c.to_scrub == before).values(to_scrub=0))


def _to_scrub(database: Database) -> int:
    """How many times something was erased since the files were last rewritten."""
    with database.reading() as connection:
        return connection.execute(select(SCHEMA.c.to_scrub)).scalar_one()
