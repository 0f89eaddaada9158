"""Reading what a checkpoint's JSON file says of its model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mmdemo.errors import EncoderError, WeightError

T = TypeVar("T")


def read_description(path: Path, check: Callable[[Any], T], *, kind: str, needed: str) -> T:
    """What `check` makes of the JSON in a file.

    Args:
        path: The file.
        check: Raises ValueError, KeyError or TypeError where something is wrong or missing.
        kind: What it should describe, for error messages.
        needed: What it should hold, for error messages.

    Raises:
        WeightError: The file cannot be read.
        EncoderError: It is not JSON, or `check` refuses it.
    """
    try:
        return check(json.loads(path.read_bytes()))
    except OSError as error:
        raise WeightError(
            f"{path} cannot be read ({error.strerror})",
            expected="a file with read permission is needed",
            remedy="change its permissions",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise EncoderError(
            f"{path} does not describe {kind} ({type(error).__name__}: {error})",
            expected=f"{needed} needed, as its library writes it for a model hub",
            remedy="name another folder or repository",
        ) from error
