"""The process that makes one map: started by `mmdemo.projection.process` as `python -m mmdemo.projection.worker`.

Arguments: the numbers of two open files, the input and the answer, both as `mmdemo.store.derived` packs arrays.
Standard output takes one JSON object a line: {"share", "message"}, or {"error": [given, expected, remedy]}. Standard
input holds nothing; when it ends, so has whoever wanted the map, and this process ends too.
"""

import json
import os
import sys
import threading
from typing import TextIO

from mmdemo.errors import MapError, MmdemoError
from mmdemo.projection.fit import FitInput, fit
from mmdemo.projection.settings import MapSettings
from mmdemo.projection.storage import map_to_content
from mmdemo.store.derived import pack, unpack

_NICENESS = 5
"""Pages that are being served come first."""


def pack_input(given: FitInput) -> bytes:
    """A `FitInput` as the bytes that `main` reads."""
    arrays = {"vectors": given.vectors, "item_rows": given.item_rows, "modalities": given.modalities}
    about = {"settings": given.settings.as_json(), "version_id": given.version_id, "of_total": given.of_total}
    words = [sorted(words) for words in given.words]
    return pack(arrays, {"about": json.dumps(about), "words": json.dumps(words)})


def unpack_input(data: bytes) -> FitInput:
    """The `FitInput` that `pack_input` packed.

    Raises:
        MapError: The bytes are damaged.
    """
    content = unpack(data)
    if content is None:
        raise MapError("a damaged request for a map", expected="a whole one is needed", remedy="make the map again")
    arrays, texts = content
    about = json.loads(texts["about"])
    return FitInput(
        MapSettings.from_json(about["settings"]),
        about["version_id"],
        arrays["vectors"],
        arrays["item_rows"],
        arrays["modalities"],
        about["of_total"],
        json.loads(texts["words"]),
    )


def main() -> None:
    """Make the map that is asked for."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(_NICENESS)
    messages = _take_over_standard_output()
    request, answer = map(int, sys.argv[1:3])

    def report(share: float, message: str) -> None:
        _say(messages, {"share": round(share, 4), "message": message})

    try:
        report(0.0, "reading the vectors")
        with open(request, "rb") as stream:
            given = unpack_input(stream.read())
        found = pack(*map_to_content(fit(given, report)))
        with open(answer, "wb") as stream:
            stream.write(found)
    except MmdemoError as error:
        _say(messages, {"error": [error.given, error.expected, error.remedy]})


def _say(messages: TextIO, message: dict) -> None:
    messages.write(json.dumps(message) + "\n")
    messages.flush()


def _take_over_standard_output() -> TextIO:
    """Keep the messages to ourselves: libraries that print would otherwise print between them."""
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return messages


def _end_with_parent() -> None:
    """End at once, in the middle of whatever is going on, when standard input ends."""
    while os.read(0, 1):
        continue
    os._exit(1)


if __name__ == "__main__":
    main()
