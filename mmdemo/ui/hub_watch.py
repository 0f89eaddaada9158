"""Whether a model hub has something to offer, found out in a thread of its own. No streamlit here."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from mmdemo.types import Modality

if TYPE_CHECKING:
    from mmdemo.engine.hub_models import HubOffer

_GOOD_FOR_S = 300.0


class HubWatch:
    """Asks the hub at most every few minutes, and never lets a page wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._question: tuple[object, ...] = ()
        self._offer: HubOffer | None = None
        self._asked = -_GOOD_FOR_S
        self._asking = False

    def offer(self, in_use: Collection[str], modalities: Collection[Modality]) -> HubOffer | None:
        """What the hub offers beside these encoders; None while that is being found out."""
        question = (*sorted(in_use), *sorted(modalities))
        with self._lock:
            fresh = question == self._question and time.monotonic() - self._asked < _GOOD_FOR_S
            if not fresh and not self._asking:
                self._asking, self._question = True, question
                arguments = (tuple(in_use), tuple(modalities))
                threading.Thread(target=self._ask, args=arguments, name="mmdemo-hub", daemon=True).start()
            return self._offer if fresh and not self._asking else None

    def forget(self) -> None:
        """Ask again at the next look."""
        with self._lock:
            self._asked = -_GOOD_FOR_S

    def _ask(self, in_use: Collection[str], modalities: Collection[Modality]) -> None:
        from mmdemo.engine.hub_models import HubOffer, hub_offer

        offer = HubOffer((), answers=False, download_bytes=0)
        try:
            offer = hub_offer(in_use, modalities=modalities)
        except Exception:  # a thread has no caller; without an offer the page is whole
            logging.getLogger(__name__).exception("the hub could not be asked")
        finally:
            with self._lock:
                self._offer, self._asked, self._asking = offer, time.monotonic(), False
