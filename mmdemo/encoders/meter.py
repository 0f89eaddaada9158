"""What the encoders of this process have done so far: counters that cost a microsecond a pass.

Whoever runs an encoder for the product counts it here, by the encoder's full name: the indexer a block at a time, the
engine a query at a time. Several passes at once are counted each.
"""

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """What one encoder has done since the process began.

    Args:
        pieces: Pieces of media that went through its network.
        seconds: What the network took for them; passes that ran side by side count each.
        preparing_seconds: What decoding's next step took: resizing, tokenising, spectrograms.
        cache_hits: Pieces whose features, or whose place, were known already.
        cache_misses: Pieces that were looked up in vain.
        gpu_peak_bytes: Most GPU memory in use while its network ran, all that is loaded included; 0 without a GPU.
    """

    pieces: int = 0
    seconds: float = 0.0
    preparing_seconds: float = 0.0
    cache_hits: int = 0
    cache_misses: int = 0
    gpu_peak_bytes: int = 0

    @property
    def per_second(self) -> float | None:
        """Pieces a second through the network; None before the first."""
        return self.pieces / self.seconds if self.seconds > 0 else None

    @property
    def hit_rate(self) -> float | None:
        """Share in [0, 1] of the look-ups that found something; None before the first."""
        looked_up = self.cache_hits + self.cache_misses
        return self.cache_hits / looked_up if looked_up else None


_NOTHING = Measured()
_lock = threading.Lock()
_counted: dict[str, Measured] = {}


def measured() -> Mapping[str, Measured]:
    """The counters of every encoder used so far, by its full name; a copy, in order of first use."""
    with _lock:
        return dict(_counted)


def count(name: str, more: Measured) -> None:
    """Add to the counters of an encoder; its GPU peak is raised rather than added to.

    Args:
        name: The encoder's full name.
        more: What is new.
    """
    with _lock:
        before = _counted.get(name, _NOTHING)
        _counted[name] = Measured(
            pieces=before.pieces + more.pieces,
            seconds=before.seconds + more.seconds,
            preparing_seconds=before.preparing_seconds + more.preparing_seconds,
            cache_hits=before.cache_hits + more.cache_hits,
            cache_misses=before.cache_misses + more.cache_misses,
            gpu_peak_bytes=max(before.gpu_peak_bytes, more.gpu_peak_bytes),
        )


@contextmanager
def encoding(name: str, pieces: int) -> Iterator[None]:
    """Count what runs inside as a pass of the encoder's network over so many pieces; a pass that fails is not counted.

    Args:
        name: The encoder's full name.
        pieces: How many go through.
    """
    started = time.perf_counter()
    yield
    seconds = time.perf_counter() - started
    count(name, Measured(pieces=pieces, seconds=seconds, gpu_peak_bytes=_gpu_peak_bytes()))


@contextmanager
def preparing(name: str) -> Iterator[None]:
    """Count what runs inside as preparing media for the encoder."""
    started = time.perf_counter()
    yield
    count(name, Measured(preparing_seconds=time.perf_counter() - started))


def _gpu_peak_bytes() -> int:
    """Most that torch has held at once on the GPU since the last look; 0 where torch has not used one."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return 0
    peak = torch.cuda.max_memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    return peak
