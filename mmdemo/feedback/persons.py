"""Names of people in the database: they tell two people apart, and nobody who a person is."""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from pathlib import Path

from mmdemo.errors import FeedbackError

KEY_FILE = "feedback.key"
KEY_VARIABLE = "MMDEMO_PERSON_KEY"

_PERSON = re.compile(r"(session|user)-[0-9a-f]{32}")
_FEWEST_BYTES = 16


def session_person() -> str:
    """A new person who has not signed in: 128 random bits, known to their session only."""
    return f"session-{secrets.token_hex(16)}"


def signed_in_person(name: str, key: bytes) -> str:
    """The person called `name`, the same each time: 128 bits of HMAC-SHA256 of the name.

    Without the key nobody can find the name by trying names, as they could with a hash alone.

    Args:
        name: What the sign-in calls the person; letters of either Unicode form are the same.
        key: From `person_key`.

    Raises:
        FeedbackError: The name is empty.
    """
    if not name.strip():
        raise FeedbackError("an empty name", expected="the name of a person is needed", remedy="sign in first")
    message = b"mmdemo person\0" + unicodedata.normalize("NFC", name.strip()).encode("utf-8", "surrogatepass")
    return f"user-{hmac.new(key, message, hashlib.sha256).hexdigest()[:32]}"


def person_key(folder: Path) -> bytes:
    """The key of `signed_in_person`: $MMDEMO_PERSON_KEY, else that of the folder, made where there is none.

    It lies beside the database and not in it, so that a copy of the database names nobody. Servers that share a
    database need the same key.

    Args:
        folder: The workspace.

    Raises:
        FeedbackError: The key is too short, or its file cannot be read or made.
    """
    given = os.environ.get(KEY_VARIABLE)
    if given:
        return _long_enough(given.encode("utf-8", "surrogateescape"), f"${KEY_VARIABLE}")
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        return _long_enough(path.read_bytes(), str(path))
    except OSError as error:
        raise FeedbackError(
            f"the key {path} cannot be read or made: {error.strerror}",
            expected="a workspace folder that can be written is needed",
            remedy=f"change the folder's permissions, or set {KEY_VARIABLE}",
        ) from error


def checked_person(person: str) -> str:
    """The person, if named as this module names people: nobody's real name gets into the database by mistake.

    Raises:
        FeedbackError: Named otherwise.
    """
    if not _PERSON.fullmatch(person):
        raise FeedbackError(
            f"a person {person[:12]!r}...",  # perhaps a real name: no more of it than mends the mistake
            expected="session- or user- and 32 hexadecimal digits are needed",
            remedy="name people by mmdemo.feedback.session_person or signed_in_person",
        )
    return person


def _make(path: Path) -> None:
    """Write a new key; where two do so at once, the first one stays. A crash leaves no half of one."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(secrets.token_hex(32).encode())
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)


def _long_enough(key: bytes, where: str) -> bytes:
    if len(key) < _FEWEST_BYTES:
        raise FeedbackError(
            f"the key of {where} has {len(key)} bytes",
            expected=f"at least {_FEWEST_BYTES} are needed",
            remedy="use a longer random one; people who signed in under another key count as other people",
        )
    return key
