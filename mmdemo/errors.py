"""The error classes: each says what was given, what was expected, and what to do about it."""


class MmdemoError(Exception):
    """Base of every error a user can cause or mend.

    Args:
        given: What was found, with its number and unit.
        expected: What is needed instead.
        remedy: What the user can do next, in the imperative.

    Example:
        >>> str(MediaError("audio is 0.02 s", expected="at least 0.10 s is needed", remedy="upload a longer clip"))
        'audio is 0.02 s; at least 0.10 s is needed; upload a longer clip'
    """

    def __init__(self, given: str, *, expected: str, remedy: str) -> None:
        super().__init__(f"{given}; {expected}; {remedy}")
        self.given = given
        self.expected = expected
        self.remedy = remedy


class MediaError(MmdemoError):
    """An upload or a file that does not decode to usable media within the limits."""


class CatalogError(MmdemoError):
    """A catalogue source that cannot be read or holds nothing usable."""


class WeightError(MmdemoError):
    """A model file that is missing, cannot be fetched, or fails its SHA-256 check."""


class EncoderError(MmdemoError):
    """An encoder that does not exist or cannot be put together as asked."""


class WorkspaceError(MmdemoError):
    """A workspace folder that is missing, damaged or of another format version."""


class SpaceMismatchError(MmdemoError):
    """Vectors of two different spaces were about to be compared."""


class QueryError(MmdemoError):
    """A query that cannot be answered as asked (empty, unknown item, contradictory filter)."""


class MapError(MmdemoError):
    """A map of the vectors that cannot be made as asked, or whose making failed."""


class FusionError(MmdemoError):
    """A fusion, objective or training run that does not exist or cannot be made as asked, or nothing to fuse."""


class InteractionsError(MmdemoError):
    """Interactions, features or a recommender of behaviour that cannot be read, divided, fitted or asked as wanted."""


class FeedbackError(MmdemoError):
    """A like, vote or play that cannot be stored, or a database that cannot be used."""


class CancelledError(Exception):
    """The user cancelled a long action; nothing half-written is left visible."""
