"""Broken imports of every kind end in a report or a typed error, and never touch the catalogue that is there."""

import base64
import hashlib
import io
import json
import random
import resource
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from catalog_samples import mutated, picture, sound, write_files

from mmdemo.catalog import import_source, open_source
from mmdemo.errors import CatalogError, MediaError
from mmdemo.store import Workspace

ROWS = [
    {"id": "1", "title": "Cat", "text": "A cat, “asleep”.", "image": "cat.png", "audio": "cat.wav", "tags": "pet;soft"},
    {"id": "2", "title": "Dog", "text": "A dog.", "image": "dog.jpg", "audio": "", "tags": "pet"},
    {"id": "3", "title": "Sea", "text": "Waves; far away", "image": "", "audio": "../secret", "tags": ""},
]
MEDIA = {
    "cat.png": picture("blue"),
    "cat.wav": sound(seconds=0.2),
    "dog.jpg": picture("green", format_name="JPEG"),
    "note.txt": "Füße 猫".encode(),
}
SECRET = sound(777, seconds=0.2)
MOST_MEMORY_GROWTH_KIB = 1024 * 1024


def as_csv() -> bytes:
    lines = [",".join(ROWS[0])] + [",".join(f'"{cell}"' for cell in row.values()) for row in ROWS]
    return "\r\n".join(lines).encode()


def as_jsonl() -> bytes:
    embedded = {"id": "4", "image": "data:image/png;base64," + base64.b64encode(MEDIA["cat.png"]).decode()}
    return "\n".join(json.dumps(row) for row in [*ROWS, embedded]).encode()


def as_parquet(compression: str) -> bytes:
    rows = [{**row, "image": {"bytes": MEDIA.get(row["image"]), "path": None}, "tags": ["a", "b"]} for row in ROWS]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out, compression=compression)
    return out.getvalue()


def as_zip(compression: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as packed:
        for name, content in {**MEDIA, "metadata.csv": as_csv()}.items():
            packed.writestr(f"mine/{name}" if name != "metadata.csv" else "mine/metadata.csv", content)
    return out.getvalue()


SEEDS = {
    "a.csv": as_csv(),
    "b.csv": as_csv().replace(b",", b";"),
    "c.csv": as_csv().decode().replace("“", "ä").replace("”", "ö").encode("latin-1"),
    "a.jsonl": as_jsonl(),
    "a.parquet": as_parquet("snappy"),
    "b.parquet": as_parquet("zstd"),
    "a.zip": as_zip(zipfile.ZIP_DEFLATED),
    "b.zip": as_zip(zipfile.ZIP_STORED),
    "folder/metadata.csv": as_csv(),
    "folder/cat.png": MEDIA["cat.png"],
    "folder/cat.wav": MEDIA["cat.wav"],
}


def spec_of(name: str, data: bytes, folder: Path) -> Path:
    """Write one broken file among sound ones; what to import."""
    write_files(folder, MEDIA)
    if name.startswith("folder/"):
        write_files(folder, {name.removeprefix("folder/"): data})
        return folder
    return write_files(folder, {name: data}) / name


def outcome(number: int, workspace: Workspace, folder: Path) -> str:
    """Import mutant `number`: "report" or the class of the error."""
    rng = random.Random(number)
    names = sorted(SEEDS)
    name = names[number % len(names)]
    before = workspace.current_catalog_id()
    try:
        report = import_source(open_source(str(spec_of(name, mutated(SEEDS[name], rng), folder))), workspace)
    except (CatalogError, MediaError) as error:
        assert workspace.current_catalog_id() == before
        return type(error).__name__
    stored = workspace.read_catalog()
    assert len(stored.items) == report.kept > 0
    assert report.read >= report.kept + len(report.duplicates)
    assert hashlib.sha256(SECRET).hexdigest() not in {sha256 for item in stored.items for sha256 in item.media.values()}
    return "report"


THOUSAND = pytest.param(1000, id="thousand", marks=[pytest.mark.slow, pytest.mark.timeout(3000)])


@pytest.mark.parametrize("count", [pytest.param(66, id="some"), THOUSAND])
def test_mutated_imports_end_in_a_report_or_a_typed_error(count, tmp_path):
    workspace = Workspace(tmp_path / "workspace").create("w")
    import_source(open_source("world", n=1), workspace)
    write_files(tmp_path, {"secret": SECRET})  # beside every import's own folder, where no import may reach
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = [outcome(number, workspace, tmp_path / str(number)) for number in range(count)]
    tally = {kind: outcomes.count(kind) for kind in sorted(set(outcomes))}
    print(tally, f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory} KiB more")
    # Both happen: mutants are broken enough to be refused, and whole enough to be read in part.
    assert min(tally["report"], tally["CatalogError"]) > count // 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < MOST_MEMORY_GROWTH_KIB
