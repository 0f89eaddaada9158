"""Decodes thousands of broken files and reports; run by `test_media_fuzz` in a process of its own.

    python media_fuzzer.py COUNT SEED FOLDER

Before each file is decoded it is written to FOLDER/current.bin: should the process die, that file did it. The last line
of the output is a JSON report. A file that gets anything but a `Decoded` or a `MediaError` is kept in FOLDER.
"""

import json
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path

from media_samples import everything

from mmdemo.errors import MediaError
from mmdemo.media import decode, isolation
from mmdemo.types import Modality

_EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x0FFFFFFF)

_MAX_ADDRESS_SPACE = 4 * 2**30


def mutated(rng: random.Random, seeds: list[bytes]) -> tuple[str, bytes]:
    """One broken file and the way it was broken."""
    way = rng.choice(("flip", "truncate", "splice", "lie", "swap", "repeat", "remove", "random", "signature", "intact"))
    data = bytearray(rng.choice(seeds))
    other = rng.choice(seeds)
    at, end = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
    if way == "flip":
        for _ in range(rng.choice((1, 3, 10, 100))):
            data[_near_start(rng, len(data))] ^= 1 << rng.randrange(8)
    elif way == "truncate":
        del data[rng.choice((at, _near_start(rng, len(data)))) :]
    elif way == "splice":
        data[at:] = other[rng.randrange(len(other)) :]
    elif way == "lie":
        for _ in range(rng.choice((1, 1, 2, 4))):
            width, order = rng.choice((1, 2, 4)), rng.choice(("big", "little"))
            where = _near_start(rng, len(data))
            value = rng.choice(_EXTREMES) if rng.random() < 0.8 else rng.randrange(2**32)
            data[where : where + width] = (value & (256**width - 1)).to_bytes(width, order)
    elif way == "swap":  # the beginning of one format, the rest of another: what a wrong name on a file amounts to
        cut = rng.choice((4, 8, 12, 16, 44, 64))
        data[:cut] = other[:cut]
    elif way == "repeat":
        data[at:at] = data[at:end] * rng.choice((1, 2, 20))
    elif way == "remove":
        del data[at:end]
    elif way == "random":
        data[:] = rng.randbytes(rng.choice((0, 1, 2, 16, 300, 5000)))
    elif way == "signature":
        data[16:] = rng.randbytes(rng.choice((0, 8, 300, 5000)))
    return way, bytes(data)


def _near_start(rng: random.Random, length: int) -> int:
    """Half the time among the first bytes, where headers are."""
    return rng.randrange(min(length, rng.choice((32, 128, 512)))) if rng.random() < 0.5 else rng.randrange(length)


def main(count: int, seed: int, folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_ADDRESS_SPACE, _MAX_ADDRESS_SPACE))
    rng = random.Random(seed)
    seeds = list(everything().values())
    own_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    unexpected: list[str] = []
    crashes: list[str] = []
    slowest = 0.0
    began = time.perf_counter()
    for number in range(count):
        way, data = mutated(rng, seeds)
        expect = rng.choice(tuple(Modality)) if rng.random() < 0.3 else None
        (folder / "current.bin").write_bytes(data)
        start = time.perf_counter()
        try:
            decoded = decode(data, expect=expect)
            outcomes[decoded.modality] += 1
            if expect is not None and decoded.modality is not expect:
                unexpected.append(f"{number} {way}: expected {expect}, got {decoded.modality}")
        except MediaError as error:
            outcomes["refused"] += 1
            refusals[error.expected] += 1
            if "crashed its decoder" in error.given or "still decoding" in error.given:
                crashes.append(f"{number} {way}: {error.given}")
                (folder / f"crash-{number}.bin").write_bytes(data)
        except Exception as error:  # what this test is looking for
            unexpected.append(f"{number} {way}: {error!r}")
            (folder / f"unexpected-{number}.bin").write_bytes(data)
        slowest = max(slowest, time.perf_counter() - start)
    seconds = time.perf_counter() - began
    isolation.DECODERS.close()
    report = {
        "files": count,
        "seconds": round(seconds, 1),
        "slowest_s": round(slowest, 2),
        "outcomes": dict(outcomes),
        "refusals": dict(refusals.most_common(12)),
        "unexpected": unexpected,
        "crashes": crashes,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "peak_before_mib": round(own_before / 1024),
        "worker_peak_mib": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
