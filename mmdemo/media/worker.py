"""The process that decodes: reads a file from its standard input, answers on its standard output, until told to stop.

Run as `python -m mmdemo.media.worker` by `mmdemo.media.isolation`. Native parsers of untrusted files live here, so that
a crash, an endless loop or a memory bomb in one of them costs this process and not the user's session.
"""

import contextlib
import os
import sys
import warnings
from typing import BinaryIO

from mmdemo.errors import MediaError
from mmdemo.media.decoding import decode_here
from mmdemo.media.limits import Limits
from mmdemo.media.refuse import parser_errors
from mmdemo.media.wire import BrokenMessageError, pack, read_message, write_message
from mmdemo.types import Modality


def main() -> None:
    """Answer requests until the input ends."""
    requests = sys.stdin.buffer
    replies = _take_over_standard_output()
    warnings.simplefilter("ignore")  # Pillow warns of bombs that the limits refuse anyway
    with contextlib.suppress(BrokenMessageError, BrokenPipeError, KeyboardInterrupt):
        while True:
            header, data = read_message(requests, max_payload=2**40)
            _answer(replies, header["expect"], bytes(data), Limits(**header["limits"]))


def _answer(replies: BinaryIO, expect: str | None, data: bytes, limits: Limits) -> None:
    _limit_memory(limits.decode_memory_bytes)
    try:
        with parser_errors("file"):
            decoded = decode_here(data, expect=None if expect is None else Modality(expect), limits=limits)
            reply, payload = pack(decoded)
    except MediaError as error:
        reply, payload = {"error": (error.given, error.expected, error.remedy)}, []
    write_message(replies, reply, *payload)


def _take_over_standard_output() -> BinaryIO:
    """Keep the reply channel to ourselves: libraries that print would otherwise print into it."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _limit_memory(budget: int) -> None:
    """Let the address space grow by at most `budget` bytes from here (Linux; elsewhere the limits on sizes must do)."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
    except (ImportError, OSError):
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + budget, hard))


if __name__ == "__main__":
    main()
