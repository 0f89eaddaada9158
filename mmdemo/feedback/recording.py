"""Storing a row once, however often it is sent."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite

from mmdemo.errors import FeedbackError
from mmdemo.feedback.database import Database


def insert(database: Database, table: Table, values: Mapping[str, Any], *, key: str, same: tuple[str, ...]) -> int:
    """Store a row in a transaction of its own.

    Args:
        database: Where.
        table: Into which table.
        values: By column.
        key: The column that makes a row the same row.
        same: Columns that have to agree with a row of the same key that is there already.

    Returns:
        The number of the row, new or old.

    Raises:
        FeedbackError: There is another row of the same key, or the database fails.
    """
    dialect = sqlite if database.location.file is not None else postgresql
    statement = dialect.insert(table).values(values).on_conflict_do_nothing(index_elements=[key])
    with database.writing() as connection:
        number = connection.execute(statement.returning(table.c.number)).scalar_one_or_none()
        if number is not None:
            return number
        there = connection.execute(select(table).where(table.c[key] == values[key])).mappings().one()
        if any(there[column] != values[column] for column in same):
            raise FeedbackError(
                f"the {key} {values[key]!r} is that of something else stored before",
                expected="an id of its own is needed",
                remedy="leave the id out",
            )
        return there["number"]
