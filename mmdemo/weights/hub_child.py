"""The process that downloads from a hub: run as a process of its own, so that cancelling is ending it.

The hub's client tries again for long, and with its fast transport works in threads that no exception reaches.
Arguments: repository, commit, endpoint, folder to write to, names of files. Ends when its standard input closes, which
it does when the process that started it is gone.
"""

import os
import sys
import threading


def _end_with_parent() -> None:
    os.read(0, 1)  # not sys.stdin: a thread that waits in it holds a lock that a normal end needs
    os._exit(1)


def main(repository: str, commit: str, endpoint: str, folder: str, *names: str) -> None:
    """Download each file into the folder; what goes wrong ends the process with a line on standard error."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from huggingface_hub import hf_hub_download

    for name in names:
        hf_hub_download(repository, name, revision=commit, endpoint=endpoint, local_dir=folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
