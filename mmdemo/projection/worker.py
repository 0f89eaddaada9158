"""The process that makes one map, a child of `mmdemo.projection.process`.

Request and answer are as `mmdemo.store.derived` packs arrays; it says {"share", "message"}.
"""

import json
import os
from collections.abc import Callable

from mmdemo.child_process import Message, answer
from mmdemo.errors import MapError
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
    os.nice(_NICENESS)
    answer(_map)


def _map(request: bytes, say: Callable[[Message], None]) -> bytes:
    def report(share: float, message: str) -> None:
        say({"share": round(share, 4), "message": message})

    report(0.0, "reading the vectors")
    return pack(*map_to_content(fit(unpack_input(request), report)))


if __name__ == "__main__":
    main()
