"""A user's own copy of MovieLens as a catalogue: its films, with genres as tags."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mmdemo.catalog.interactions.movielens import Movie, read_movies
from mmdemo.catalog.interactions.movielens_files import MovieLensFiles
from mmdemo.catalog.source import RawItem, Skipped
from mmdemo.errors import CatalogError, InteractionsError
from mmdemo.progress import Progress
from mmdemo.store import SourceInfo


@dataclass(slots=True)
class MovieLens:
    """The films of a copy; its ratings are read by `mmdemo.catalog.interactions.read_interactions`.

    Args:
        files: The copy, from `open_movielens`.
    """

    files: MovieLensFiles
    _notes: list[str] = field(default_factory=list)

    @property
    def info(self) -> SourceInfo:
        """Named after the edition; its terms come with it and differ between editions."""
        return SourceInfo(
            title=self.files.format.title,
            licence="GroupLens' terms, in the README of this edition",
            attribution="F. M. Harper and J. A. Konstan, The MovieLens Datasets, ACM TiiS 5(4), 2015",
            url="https://grouplens.org/datasets/movielens/",
            synthetic=False,
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be assumed about the file of films."""
        return tuple(self._notes)

    def records(self, progress: Progress) -> Iterator[RawItem | Skipped]:
        """One item a film, with the id that the ratings know it by.

        Raises:
            CatalogError: The file of films cannot be read.
            CancelledError: `progress` cancelled.
        """
        self._notes.clear()
        try:
            for number, movie in enumerate(read_movies(self.files, self._notes)):
                progress(number, 0, f"reading {self.files.format.movies}")
                yield movie if isinstance(movie, Skipped) else _item(movie)
        except InteractionsError as error:
            raise CatalogError(error.given, expected=error.expected, remedy=error.remedy) from error


def _item(movie: Movie) -> RawItem:
    """The film; its text says all that is known of it, so that films of one name differ and genres can be found."""
    name = f"{movie.title} ({movie.year})" if movie.year else movie.title
    return RawItem(
        item_id=movie.movie_id,
        title=movie.title,
        text=": ".join(part for part in (name, ", ".join(movie.genres)) if part),
        tags=movie.genres,
        extra={"year": movie.year} if movie.year else {},
        where=movie.where,
    )
