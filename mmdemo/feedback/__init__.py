"""What people did in the app: likes, dislikes, plays, skips and votes, kept in a database.

```
events     an event, a vote, and what may be stored as one
persons    names that say nothing of who a person is
location   which database
store      FeedbackStore: add, ask, export, erase
database   transactions in SQLite and PostgreSQL; schema, tables: what is in them
```
"""

from mmdemo.feedback.events import KINDS, Event, Vote
from mmdemo.feedback.location import database_of
from mmdemo.feedback.persons import person_key, session_person, signed_in_person
from mmdemo.feedback.store import FeedbackStore

__all__ = ["KINDS", "Event", "FeedbackStore", "Vote", "database_of", "person_key", "session_person", "signed_in_person"]
