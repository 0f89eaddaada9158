"""How much of a bare network's speed cataloguing keeps, and what compression and micro-batching gain.

Everything is timed in pairs in one process, in alternating order; a figure is the median of the paired ratios.

- `pipeline_over_bare`: cataloguing generated media end to end (files decoded in guarded processes, prepared, encoded,
  written to the cache) over the bare network on the same input, decoded and prepared before. Decoding and a network
  that share the same cores cannot both have them: `ceiling` is what is left of the network's speed where decoding and
  preparing, spread over all cores, are paid from the same purse. The limit is held to where that leaves room for it.
- `int8`, `pruned30`: MiniLM with the option over MiniLM without; texts in batches and alone, and Recall@10 between text
  and pictures on a workspace, on items that the alignment was not fitted on.
- `microbatch`: queries a second of twenty users at once, joined, over the same one by one.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from encode_media import audio_files, build_vit, picture_files, texts

from mmdemo.encoders import load
from mmdemo.encoders.micro_batch import encode_together
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.indexing.encode import encode_pieces
from mmdemo.indexing.plan import Piece
from mmdemo.media import decode
from mmdemo.metrics.report import BenchmarkReport
from mmdemo.store import VectorCache
from mmdemo.types import Modality

PARTS = ("text", "image", "audio", "vit", "int8", "pruned30", "microbatch")
ROUNDS = 5
USERS, QUERIES_EACH = 20, 10
LOWEST_PIPELINE = 0.9
ROOM = 0.95
"""Below this ceiling the cores are short of time for decoding, whatever the pipeline does."""
LOWEST_MICROBATCH = 2.0
HIGHEST_LOSS = 0.01


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workspace", default=os.environ.get("MMDEMO_WORKSPACE", "workspace"), type=Path)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--pieces", default=128, type=int, help="pictures and sounds; eight times as many texts")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    report = BenchmarkReport("encode")
    for part in arguments.parts:
        if part in ("int8", "pruned30"):
            measure_option(report, part, arguments.workspace)
        elif part == "microbatch":
            measure_microbatch(report)
        else:
            measure_pipeline(report, part, arguments.pieces)
    report.print_out(as_json=arguments.json)
    return 0 if report.holds() else 1


def measure_pipeline(report: BenchmarkReport, part: str, count: int) -> None:
    """Cataloguing end to end over the bare network, for one encoder."""
    with tempfile.TemporaryDirectory() as folder:
        if part == "text":
            encoder, pieces = load("minilm"), text_pieces(8 * count)
        elif part == "audio":
            encoder, pieces = load("aisfx"), file_pieces(audio_files(count), Modality.AUDIO)
        else:
            name = f"openclip-image:{build_vit(Path(folder) / 'vit')}" if part == "vit" else "efficientnet-lite0"
            encoder, pieces = load(name), file_pieces(picture_files(count), Modality.IMAGE)
        assert isinstance(encoder, TorchEncoder)
        prepared = [encoder.prepare(piece.load()) for piece in pieces]
        started = time.perf_counter()
        for piece in pieces:
            encoder.prepare(piece.load())
        ahead_s = time.perf_counter() - started
        windows = sorted((window for piece in prepared for window in piece.windows), key=len)
        caches = (VectorCache(Path(folder) / f"{number}.sqlite") for number in range(ROUNDS + 1))

        def catalogue() -> None:
            encode_pieces(pieces, next(caches), lambda _: encoder, report=lambda _: None)

        bare_s, ratio = paired(lambda: bare(encoder, windows), catalogue)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    shared = ahead_s / cores if encoder.device == "cpu" else max(0.0, ahead_s / cores - bare_s)
    ceiling = bare_s / (bare_s + shared)
    has_room = ceiling > ROOM
    report.add(f"{part}.pipeline_over_bare", ratio, at_least=LOWEST_PIPELINE if has_room else None)
    report.add(f"{part}.ceiling", ceiling)
    report.add(f"{part}.decode_share", ahead_s / (ahead_s + bare_s))
    report.add(f"{part}.bare_per_second", len(pieces) / bare_s)
    if not has_room:
        print(f"{part}: bound by decoding and preparing, {ahead_s:.2f} s of one core for {bare_s:.2f} s of the network")


def bare(encoder: TorchEncoder, windows: Sequence[np.ndarray]) -> None:
    """The network and nothing else: prepared input of like length in full batches, in the precision of the device."""
    import torch

    on_gpu = encoder.device.startswith("cuda")
    with torch.inference_mode(), torch.autocast("cuda", torch.float16, enabled=on_gpu):
        for start in range(0, len(windows), encoder._most):
            encoder._forward(windows[start : start + encoder._most])
    if on_gpu:
        torch.cuda.synchronize()


def text_pieces(count: int) -> list[Piece]:
    return [Piece(row, f"{row:064x}", lambda text=text: text) for row, text in enumerate(texts(count))]


def file_pieces(files: Sequence[bytes], modality: Modality) -> list[Piece]:
    """Files that are decoded as the product decodes them, in processes of their own."""
    return [
        Piece(row, f"{row:064x}", lambda data=data: decode(data, expect=modality).media)
        for row, data in enumerate(files)
    ]


def measure_option(report: BenchmarkReport, option: str, workspace: Path) -> None:
    """Speed of MiniLM with an option over MiniLM without, and its loss in retrieval where there is a workspace."""
    encoders = [load(name, device="cpu") for name in ("minilm", f"minilm@{option}")]
    prepared = [encoders[0].prepare(text) for text in texts(128)]

    def run(number: int, count: int, repeats: int = 1) -> Callable[[], object]:
        return lambda: [encoders[number].encode_prepared(prepared[:count]) for _ in range(repeats)]

    report.add(f"{option}.speedup", paired(run(0, 128), run(1, 128))[1], at_least=1.0)
    report.add(f"{option}.speedup_alone", paired(run(0, 1, 20), run(1, 1, 20))[1])
    if not workspace.is_dir():
        print(f"{option}.recall@10_loss: not measured, there is no workspace at {workspace}", file=sys.stderr)
        return
    from mmdemo.engine.compression import measure_compression

    found = measure_compression(workspace, "minilm", option)
    report.add(f"{option}.recall@10_before", found.recall_at_10_before)
    report.add(f"{option}.recall@10_after", found.recall_at_10_after)
    report.add(f"{option}.recall@10_loss", found.loss, at_most=HIGHEST_LOSS if option == "int8" else None)


def measure_microbatch(report: BenchmarkReport) -> None:
    """Twenty threads with different short queries each, one by one through the network and joined."""
    encoder = load("minilm")
    queries = texts(USERS * QUERIES_EACH)
    with ThreadPoolExecutor(USERS) as users:
        seconds, ratio = paired(
            lambda: list(users.map(lambda text: encoder.encode([text]), queries)),
            lambda: list(users.map(lambda text: encode_together(encoder, encoder.prepare(text)), queries)),
        )
    prepared = [encoder.prepare(text) for text in queries[:USERS]]
    _, batch = paired(
        lambda: [encoder.encode_prepared([piece]) for piece in prepared], lambda: encoder.encode_prepared(prepared)
    )
    report.add("microbatch.speedup", ratio, at_least=LOWEST_MICROBATCH)
    report.add("microbatch.one_by_one_per_second", len(queries) / seconds)
    report.add("microbatch.batch_of_20_over_one_by_one", batch)


def paired(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of the first, and the median of how many times as fast the second is; one warming round each."""
    taken = []
    for turn in range(ROUNDS + 1):
        seconds = [0.0, 0.0]
        for number in (0, 1) if turn % 2 else (1, 0):
            started = time.perf_counter()
            (first, second)[number]()
            seconds[number] = time.perf_counter() - started
        taken.append(seconds)
    warm = np.array(taken[1:])
    return float(np.median(warm[:, 0])), float(np.median(warm[:, 0] / warm[:, 1]))


if __name__ == "__main__":
    sys.exit(main())
