"""Ratings and films of MovieLens (Harper & Konstan, The MovieLens Datasets, ACM TiiS 5(4), 2015)."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mmdemo.catalog.csv_rows import csv_rows
from mmdemo.catalog.interactions.collected import Collected
from mmdemo.catalog.interactions.movielens_files import FORMATS, MovieLensFiles
from mmdemo.catalog.interactions.tables import read_csv
from mmdemo.catalog.source import Skipped
from mmdemo.progress import Progress

_OLD, _DOUBLE_COLON, _CSV = FORMATS
_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
"""Of the 0s and 1s that end a line of u.item, in their order."""
_NO_GENRES = {"unknown", "(no genres listed)", ""}
_YEAR = re.compile(r"\s*\((\d{4})[-–]?\)\s*$")
_BEFORE_GENRES = 5


@dataclass(frozen=True, slots=True)
class Movie:
    """A film.

    Args:
        movie_id: As the ratings name it.
        title: Without the year.
        year: Four digits, "" where not known.
        genres: In the order of the file.
        where: File and line.
    """

    movie_id: str
    title: str
    year: str
    genres: tuple[str, ...]
    where: str


def read_movielens(files: MovieLensFiles, progress: Progress) -> Collected:
    """Every rating as a choice.

    Raises:
        InteractionsError: The file of ratings cannot be read or is too long.
        CatalogError: It is no text.
        CancelledError: `progress` cancelled.
    """
    name = files.format.ratings
    if files.format is _CSV:
        data = io.BytesIO(files.read(name))
        found = read_csv(data, name=name, kind=files.format.title, progress=progress)
        found.source = files.path.name
        return found
    found = Collected(files.path.name, files.format.title, f"{name}, line", progress)
    between = "\t" if files.format is _OLD else "::"
    for number, line in _lines(files, name, found.notes):
        cells = line.split(between)
        if len(cells) != 4:
            found.refuse(number, f"it has {len(cells)} fields instead of 4" if len(cells) < 9 else "it is no rating")
        else:
            found.add(number, *cells)
    return found


def read_movies(files: MovieLensFiles, notes: list[str]) -> Iterator[Movie | Skipped]:
    """Every film, and the lines that are none.

    Args:
        files: The copy.
        notes: What had to be assumed is added to it.

    Raises:
        InteractionsError: The file of films cannot be read.
        CatalogError: It is no text.
    """
    name = files.format.movies
    if files.format is _CSV:
        yield from _csv_movies(files, notes)
        return
    for number, line in _lines(files, name, notes):
        where = f"{name}, line {number}"
        cells = line.split("|" if files.format is _OLD else "::")
        if files.format is _OLD:
            if len(cells) < _BEFORE_GENRES + 1:
                yield Skipped(where, f"it has {len(cells)} fields, too few for a film", is_item=True)
                continue
            flags = cells[_BEFORE_GENRES:]
            yield _movie(
                cells[0],
                cells[1],
                [genre for genre, flag in zip(_GENRES, flags, strict=False) if flag.strip() == "1"],
                where,
            )
        elif len(cells) < 3:
            yield Skipped(where, f"it has {len(cells)} fields instead of 3", is_item=True)
        else:
            yield _movie(cells[0], "::".join(cells[1:-1]), cells[-1].split("|"), where)


def _csv_movies(files: MovieLensFiles, notes: list[str]) -> Iterator[Movie | Skipped]:
    name = files.format.movies
    for row in csv_rows(io.BytesIO(files.read(name)), name=name, note=notes.append):
        if isinstance(row, Skipped):
            yield row
        else:
            movie_id, title, genres = (str(row.cells.get(column, "")) for column in ("movieId", "title", "genres"))
            yield _movie(movie_id, title, genres.split("|"), row.where)


def _movie(movie_id: str, title: str, genres: list[str], where: str) -> Movie:
    year = _YEAR.search(title)
    return Movie(
        movie_id.strip(),
        (title[: year.start()] if year else title).strip(),
        year[1] if year else "",
        tuple(genre.strip() for genre in genres if genre.strip() not in _NO_GENRES),
        where,
    )


def _lines(files: MovieLensFiles, name: str, notes: list[str]) -> Iterator[tuple[int, str]]:
    """Lines that are not empty with their numbers, in UTF-8 or else Latin-1 (as the first editions are)."""
    data = files.read(name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        notes.append(f"{name} was read as Latin-1")
    del data
    for number, line in enumerate(io.StringIO(text), start=1):
        if line.strip():
            yield number, line.rstrip("\r\n")
