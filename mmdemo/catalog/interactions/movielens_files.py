"""A user's own copy of MovieLens: which of its formats it is, and the bytes of its files, from a folder or a ZIP."""

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mmdemo.errors import InteractionsError

MAX_FILE_BYTES = 2 * 2**30
MAX_RATIO = 200
"""A member over 1 MiB that unpacks to more than this many times its packed size is a bomb; real ones reach 5."""
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class Format:
    """One of the layouts MovieLens came in.

    Args:
        title: What users call it.
        ratings: Name of the file of ratings.
        movies: Name of the file of films.
    """

    title: str
    ratings: str
    movies: str


FORMATS = (
    Format("MovieLens 100k", "u.data", "u.item"),
    Format("MovieLens 1M", "ratings.dat", "movies.dat"),
    Format("MovieLens latest", "ratings.csv", "movies.csv"),
)


@dataclass(frozen=True, slots=True)
class MovieLensFiles:
    """A copy that was found.

    Args:
        path: The folder or the ZIP.
        format: Which layout.
        inside: Folder of the files in it, "" or ending in a slash.
    """

    path: Path
    format: Format
    inside: str

    def read(self, name: str, most: int = MAX_FILE_BYTES) -> bytes:
        """The first `most` bytes of one of its files.

        Raises:
            InteractionsError: It cannot be read, is damaged or too large.
        """
        try:
            if self.path.is_dir():
                file = self.path / self.inside / name
                _check_size(file.stat().st_size, None)
                with file.open("rb") as stream:
                    return stream.read(most)
            with zipfile.ZipFile(self.path) as archive:
                about = archive.getinfo(self.inside + name)
                _check_size(about.file_size, about.compress_size)
                with archive.open(about) as member:
                    return member.read(most)
        except (*_DAMAGED, KeyError) as error:
            raise InteractionsError(
                f"{name} in {self.path.name} cannot be read: {error}",
                expected="an undamaged copy of MovieLens is needed",
                remedy="download it again",
            ) from error


def open_movielens(path: Path) -> MovieLensFiles | None:
    """The copy of MovieLens in a folder or ZIP, at its top or in a single folder there; None where there is none.

    One of its files stands for its folder. A folder with `ratings.csv` and `movies.csv` counts only if the columns of
    both are those of MovieLens.
    """
    try:
        if path.is_dir():
            return _first(path, [file.name for file in path.iterdir()], _wrapped(path))
        if path.suffix.casefold() == ".zip" and path.is_file():
            with zipfile.ZipFile(path) as archive:
                names = [
                    PurePosixPath(member.filename) for member in archive.infolist() if not member.filename.endswith("/")
                ]
            inner: dict[str, list[str]] = {}
            for name in names:
                if len(name.parts) == 2 and name.parts[0] != "__MACOSX":
                    inner.setdefault(f"{name.parts[0]}/", []).append(name.name)
            return _first(path, [name.name for name in names if len(name.parts) == 1], inner)
        if path.name in {each.ratings for each in FORMATS[:2]} and path.is_file():
            return _first(path.parent, [path.name, *(each.movies for each in FORMATS if each.ratings == path.name)], {})
    except (*_DAMAGED, InteractionsError):  # whoever reads it as something else will say what is wrong
        return None
    return None


def _wrapped(folder: Path) -> dict[str, list[str]]:
    """Names of the files of a single folder that holds everything."""
    inner = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    if len(inner) != 1 or not inner[0].is_dir():
        return {}
    return {f"{inner[0].name}/": [file.name for file in inner[0].iterdir()]}


def _first(path: Path, top: Sequence[str], wrapped: Mapping[str, Sequence[str]]) -> MovieLensFiles | None:
    for inside, names in {"": top, **(wrapped if len(wrapped) == 1 else {})}.items():
        for each in FORMATS:
            found = MovieLensFiles(path, each, inside)
            if {each.ratings, each.movies} <= set(names) and _looks_right(found):
                return found
    return None


def _looks_right(found: MovieLensFiles) -> bool:
    if found.format is not FORMATS[-1]:
        return True
    names = (found.format.ratings, found.format.movies)
    headers = [found.read(name, most=200).removeprefix(b"\xef\xbb\xbf") for name in names]
    return headers[0].startswith(b"userId,movieId,rating") and headers[1].startswith(b"movieId,title,genres")


def _check_size(size: int, packed: int | None) -> None:
    if size > MAX_FILE_BYTES or (packed is not None and size > max(2**20, MAX_RATIO * packed)):
        raise ValueError(f"it unpacks to {size / 2**20:.0f} MiB")
