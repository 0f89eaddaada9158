"""What every command shows on a terminal while it works."""

import sys
import time

from mmdemo.progress import Progress


def progress() -> Progress:
    """Progress on standard error: one line that is redrawn on a terminal, a line a message elsewhere."""
    drawn = sys.stderr.isatty()
    started = time.monotonic()
    last = ""

    def report(done: int, total: int, message: str) -> None:
        nonlocal last
        if drawn:
            share = f"{done / total:4.0%} " if total else ""
            ending = "\n" if total and done >= total else ""
            line = f"{share}{message} ({time.monotonic() - started:.0f} s)"
            print(f"\r\x1b[K{line}", end=ending, file=sys.stderr, flush=True)
        elif message != last:
            print(message, file=sys.stderr, flush=True)
        last = message

    return report
