"""The tables as queries see them; `schema` makes them."""

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, Table, Text

_METADATA = MetaData()

SCHEMA = Table(
    "mmdemo_schema",
    _METADATA,
    Column("version", Integer, nullable=False),
    Column("to_scrub", Integer, nullable=False),
)
"""One row: steps of `schema` taken, and how often was erased since the files were last rewritten."""

EVENTS = Table(
    "mmdemo_events",
    _METADATA,
    Column("number", BigInteger, primary_key=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("person", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("catalog", Text, nullable=False),
    Column("at", Double, nullable=False),
)
"""`Event`s."""

VOTES = Table(
    "mmdemo_votes",
    _METADATA,
    Column("number", BigInteger, primary_key=True),
    Column("vote_id", Text, nullable=False, unique=True),
    Column("person", Text, nullable=False, index=True),
    Column("first", Text, nullable=False),
    Column("second", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("teams", Text, nullable=False),
    Column("chosen", Text, nullable=False),
    Column("catalog", Text, nullable=False),
    Column("at", Double, nullable=False),
)
"""`Vote`s; shown, teams and chosen are JSON lists."""

BY_PERSON = (EVENTS, VOTES)
"""Every table that tells of people: what erasing a person empties."""
