"""Files of interactions as their publishers write them, made small: MovieLens in three formats, MMRec, TFRecord."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_GENRES_100K = (
    "unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical "
    "Mystery Romance Sci-Fi Thriller War Western"
)
FILMS = (
    ("1", "Toy Story", "1995", ("Animation", "Children's", "Comedy")),
    ("2", "Amélie", "2001", ("Comedy", "Romance")),
    ("5", "Shanghai Triad", "1995", ("Drama",)),
    ("10", "Unrated", "", ()),
)
RATINGS = (
    ("1", "1", "5", "874965758"),
    ("1", "5", "3", "876893171"),
    ("2", "1", "4", "888550871"),
    ("10", "2", "1", "978300760"),
    ("10", "10", "2", "978300761"),
)


def dated(title: str, year: str) -> str:
    return f"{title} ({year})" if year else title


def movielens_100k() -> dict[str, bytes]:
    films = []
    for number, title, year, genres in FILMS:
        flags = ["1" if genre in (genres or ("unknown",)) else "0" for genre in _GENRES_100K.split()]
        films.append("|".join([number, dated(title, year), f"01-Jan-{year}", "", "http://example.org/", *flags]))
    ratings = "".join("\t".join(row) + "\n" for row in RATINGS)
    return {"u.data": ratings.encode(), "u.item": ("\n".join(films) + "\n").encode("latin-1"), "README": b"terms"}


def movielens_1m() -> dict[str, bytes]:
    films = "".join(f"{n}::{dated(title, year)}::{'|'.join(genres)}\n" for n, title, year, genres in FILMS)
    ratings = "".join("::".join(row) + "\n" for row in RATINGS)
    return {
        "ratings.dat": ratings.encode(),
        "movies.dat": films.encode("latin-1"),
        "users.dat": b"1::F::1::10::48067\n",
    }


def movielens_latest() -> dict[str, bytes]:
    films = ["movieId,title,genres"]
    films += [
        f'{n},"{dated(title, year)}",{"|".join(genres) or "(no genres listed)"}' for n, title, year, genres in FILMS
    ]
    ratings = ["userId,movieId,rating,timestamp", *(",".join(row) for row in RATINGS)]
    return {
        "ratings.csv": ("\n".join(ratings) + "\n").encode(),
        "movies.csv": ("\r\n".join(films) + "\r\n").encode(),
        "tags.csv": b"userId,movieId,tag,timestamp\n1,1,pixar,1139045764\n",
    }


EDITIONS = {"ml-100k": movielens_100k, "ml-1m": movielens_1m, "ml-latest-small": movielens_latest}
TITLES = {"ml-100k": "MovieLens 100k", "ml-1m": "MovieLens 1M", "ml-latest-small": "MovieLens latest"}


def zipped(files: Mapping[str, bytes], folder: str = "") -> bytes:
    """A ZIP of the files, in a folder as the published ones are where `folder` ends in a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if folder:
            archive.writestr(folder, b"")
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return out.getvalue()


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def inter() -> bytes:
    """MMRec: item 3 was chosen by nobody in training, item 2 by nobody at all."""
    rows = ["userID\titemID\trating\ttimestamp\tx_label"]
    rows += ["0\t0\t5.0\t100\t0", "0\t1\t4.0\t200\t1", "0\t3\t4.0\t300\t2", "1\t4\t1.0\t50\t0", "1\t0\t2.0\t60\t2"]
    return ("\n".join(rows) + "\n").encode()


# TFRecord, written the slow and obvious way: nothing here is shared with the reader. ---------------------------------


def slow_crc32c(data: bytes) -> int:
    """Bit by bit, as long division of polynomials over GF(2)."""
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


def framed(data: bytes) -> bytes:
    def masked(part: bytes) -> bytes:
        found = slow_crc32c(part)
        return struct.pack("<I", (((found >> 15) | (found << 17 & 0xFFFFFFFF)) + 0xA282EAD8) & 0xFFFFFFFF)

    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def text_feature(*texts: bytes) -> bytes:
    return field(1, b"".join(field(1, text) for text in texts))


def number_feature(numbers: Sequence[float], packed: bool = True) -> bytes:
    if packed:
        return field(2, field(1, struct.pack(f"<{len(numbers)}f", *numbers)))
    return field(2, b"".join(varint(1 << 3 | 5) + struct.pack("<f", number) for number in numbers))


def integer_feature(integers: Sequence[int], packed: bool = True) -> bytes:
    if packed:
        return field(3, field(1, b"".join(varint(value) for value in integers)))
    return field(3, b"".join(varint(1 << 3) + varint(value) for value in integers))


def feature_map(features: Mapping[str, bytes]) -> bytes:
    return b"".join(field(1, field(1, name.encode()) + field(2, content)) for name, content in features.items())


def example(features: Mapping[str, bytes]) -> bytes:
    return field(1, feature_map(features))


def sequence_example(context: Mapping[str, bytes], lists: Mapping[str, Sequence[bytes]]) -> bytes:
    steps = {name: b"".join(field(1, step) for step in each) for name, each in lists.items()}
    return field(1, feature_map(context)) + field(2, feature_map(steps))


def video(video_id: str, labels: Sequence[int], rgb: Sequence[float], audio: Sequence[float]) -> bytes:
    """A record of a whole video, as YouTube-8M's are."""
    return example(
        {
            "id": text_feature(video_id.encode()),
            "labels": integer_feature(labels),
            "mean_rgb": number_feature(rgb),
            "mean_audio": number_feature(audio),
        }
    )
