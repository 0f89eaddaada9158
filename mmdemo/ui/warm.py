"""An engine that opens and loads its models in a thread of its own, so no page waits for an import it may not need."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from mmdemo.errors import MmdemoError, WorkspaceError

if TYPE_CHECKING:
    from mmdemo.engine import Engine


class WarmEngine:
    """Opens one version of a workspace in the background.

    Attributes:
        message: What is being loaded now.
        fraction: How far the loading is, in [0, 1].
    """

    def __init__(self, path: Path, version: str) -> None:
        self.message = ""
        self.fraction = 0.0
        self._path = path
        self._version = version
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None
        self._error: MmdemoError | None = None
        self._opened = threading.Event()
        self._warm = threading.Event()

    @property
    def is_warm(self) -> bool:
        """True once every model is loaded, or loading them failed: there is nothing more to wait for."""
        return self._warm.is_set()

    @property
    def is_open(self) -> bool:
        """True once `engine` returns at once."""
        return self._engine is not None

    @property
    def error(self) -> MmdemoError | None:
        """Why it could not be opened or warmed."""
        return self._error

    def start(self) -> None:
        """Begin loading if that has not begun; returns at once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._load, name="mmdemo-warm-up", daemon=True)
                self._thread.start()

    def wait_opened(self, timeout_s: float) -> bool:
        """Start if needed and wait until `engine` can be called; False if `timeout_s` passes first."""
        self.start()
        return self._opened.wait(timeout_s)

    def engine(self) -> Engine:
        """The open engine; its models may still be loading.

        Raises:
            MmdemoError: The workspace could not be opened.
        """
        self.start()
        self._opened.wait()
        if self._engine is None:
            raise self._error or WorkspaceError(
                "a workspace that did not open", expected="a readable workspace is needed", remedy="restart the app"
            )
        return self._engine

    def _load(self) -> None:
        from mmdemo.engine import Engine
        from mmdemo.engine.releasing import release_replaced

        try:
            engine = Engine.open(self._path, self._version)
            self._engine = engine
            self._opened.set()
            engine.warm(self._report)
            release_replaced(engine)
        except MmdemoError as error:
            self._error = error
        except Exception as error:  # a thread has no caller: pages read the error from here, the log has the traceback
            logging.getLogger(__name__).exception("warm-up of %s failed", self._path)
            self._error = WorkspaceError(
                f"an unexpected {type(error).__name__} while loading",
                expected="the workspace should open",
                remedy="see the server's log, or build the index again on the Catalogue page",
            )
        finally:
            self._opened.set()
            self._warm.set()

    def _report(self, done: int, total: int, message: str) -> None:
        self.message = message
        self.fraction = min(1.0, done / total) if total else 0.0
