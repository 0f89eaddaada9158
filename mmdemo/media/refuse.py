"""Turns whatever a parser raises on bad bytes into a `MediaError`."""

from collections.abc import Iterator
from contextlib import contextmanager

from mmdemo.errors import MediaError


def damaged(what: str, why: str) -> MediaError:
    """The error for a file that starts like `what` but cannot be read to its end."""
    return MediaError(
        f"the {what} is damaged or cut off ({why})",
        expected="a complete file is needed",
        remedy="open it in its own program, save it again, and upload that",
    )


@contextmanager
def parser_errors(what: str) -> Iterator[None]:
    """Run a third-party parser so that nothing but `MediaError` leaves it.

    Args:
        what: What is being read, for the message ("PNG picture").

    Raises:
        MediaError: The parser failed in any way, running out of memory included.
    """
    try:
        yield
    except MediaError:
        raise
    except MemoryError as error:
        raise MediaError(
            f"the {what} needs more memory to decode than is allowed",
            expected="a file of ordinary size is needed",
            remedy="save it smaller and upload that",
        ) from error
    except Exception as error:  # parsers raise whatever they stumble over: struct.error, KeyError, SyntaxError, ...
        # libav's errors carry the sentence apart from a number that says nothing to a reader
        sentence = getattr(error, "strerror", None) or str(error)
        reason = " ".join(sentence.split())[:120] or type(error).__name__
        raise damaged(what, reason) from error
