"""Interactions of a workspace: imported over the catalogue's items, kept whole, or simulated and said to be."""

from pathlib import Path

import numpy as np
import pytest

from mmdemo.catalog.interactions import read_interactions
from mmdemo.catalog.world import World, world_users
from mmdemo.engine import import_into
from mmdemo.engine.interactions import (
    export_interactions,
    import_interactions,
    read_stored,
    simulated_interactions,
    stored_interactions,
)
from mmdemo.errors import CancelledError, InteractionsError, WorkspaceError
from mmdemo.store import SourceInfo, Workspace
from mmdemo.types import Item, Modality

RATINGS = "1::2::5::100\n1::3::4::50\n2::3::1::75\n2::9::2::80\n"
FILMS = "3::Jumanji (1995)::Adventure|Children's\n2::Heat (1995)::Action\n"


def movielens(folder: Path, ratings: str = RATINGS) -> Path:
    folder.mkdir()
    (folder / "ratings.dat").write_text(ratings)
    (folder / "movies.dat").write_text(FILMS)
    return folder


def catalogue(path: Path, ids: list[str], *, synthetic: bool = False) -> Workspace:
    workspace = Workspace(path).create("Mine")
    info = SourceInfo(title="Mine", licence="CC0-1.0", attribution="me", url="", synthetic=synthetic)
    workspace.write_catalog([Item(each, each, {Modality.TEXT: each}) for each in ids], info, {})
    return workspace


def clicks(folder: Path, text: str = "user,item,time\nb,x,1\na,z,2\na,gone,3\n") -> Path:
    file = folder / "clicks.csv"
    file.write_text(text)
    return file


def test_movielens_brings_its_films_and_their_ratings_at_once(tmp_path: Path) -> None:
    report = import_into(tmp_path / "w", str(movielens(tmp_path / "ml")))
    assert report.kept == 2
    assert report.notes == (
        "3 ratings of 2 users were imported with them; 1 left out: it names an item that is not in the catalogue",
    )
    found = read_stored(tmp_path / "w")
    assert found is not None
    kept = found.interactions
    assert not found.simulated
    assert kept.item_ids == ("3", "2")  # the catalogue's order
    assert kept.user_ids == ("1", "2")
    assert kept.ratings is not None
    assert kept.times is not None
    assert (kept.items.tolist(), kept.ratings.tolist(), kept.times.tolist()) == ([0, 1, 0], [4, 5, 1], [50, 100, 75])
    assert found.report is not None
    assert (found.report.read, found.report.kept) == (4, 3)


def test_films_come_even_where_their_ratings_cannot_be_read(tmp_path: Path) -> None:
    report = import_into(tmp_path / "w", str(movielens(tmp_path / "ml", "no rating\n")))
    assert report.kept == 2
    assert report.notes[0].startswith("the ratings were not imported: nothing in ml can be used (1 rows")
    assert stored_interactions(tmp_path / "w") is None


def test_an_import_is_joined_to_the_catalogue_as_it_is_now(tmp_path: Path) -> None:
    path = catalogue(tmp_path / "w", ["z", "y", "x"]).path
    assert read_stored(path) is None
    report = import_interactions(path, clicks(tmp_path))
    assert (report.read, report.kept, report.items) == (3, 2, 3)
    found = stored_interactions(path)
    assert found is not None
    assert found.item_ids == ("z", "y", "x")
    assert found.chosen.toarray().tolist() == [[1, 0, 0], [0, 0, 1]]
    catalogue(path, ["x", "new", "z"])
    found = stored_interactions(path)
    assert found is not None
    assert found.item_ids == ("x", "new", "z")
    assert found.times is not None
    assert (found.chosen.toarray().tolist(), found.times.tolist()) == ([[0, 0, 1], [1, 0, 0]], [2, 1])
    found = stored_interactions(path, item_ids=["z"])
    assert found is not None
    assert found.chosen.toarray().tolist() == [[1], [0]]
    catalogue(path, ["elsewhere"])
    assert stored_interactions(path) is None


def test_what_cannot_be_imported_leaves_what_was_there(tmp_path: Path) -> None:
    path = catalogue(tmp_path / "w", ["x", "z"]).path
    import_interactions(path, clicks(tmp_path))
    before = Workspace(path).interactions.current()

    def cancel(done: int, total: int, message: str) -> None:
        raise CancelledError(message)

    other = clicks(tmp_path, "user,item\nc,x\n")
    with pytest.raises(CancelledError):
        import_interactions(path, other, progress=cancel)
    with pytest.raises(InteractionsError, match="nothing in clicks"):
        import_interactions(path, clicks(tmp_path, "user,item\nc,nowhere\n"))
    with pytest.raises(InteractionsError, match="cannot be read"):
        import_interactions(path, tmp_path / "none.csv")
    assert Workspace(path).interactions.current() == before
    with pytest.raises(WorkspaceError, match="is no workspace"):
        import_interactions(tmp_path / "none", other)
    import_interactions(path, clicks(tmp_path, "user,item\nc,x\n"))
    assert Workspace(path).interactions.current() != before


def test_a_workspace_without_a_catalogue_keeps_the_items_of_the_file(tmp_path: Path) -> None:
    Workspace(tmp_path / "w").create("Mine")
    import_interactions(tmp_path / "w", clicks(tmp_path))
    found = stored_interactions(tmp_path / "w")
    assert found is not None
    assert found.item_ids == ("gone", "x", "z")


def test_users_of_a_generated_world_are_simulated_and_said_to_be(tmp_path: Path) -> None:
    world = World(9)
    ids = [world.item_id(number) for number in (8, 0, 3)]
    path = catalogue(tmp_path / "w", ids, synthetic=True).path
    found = read_stored(path)
    assert found is not None
    assert found.simulated
    assert found.report is None
    truth = world_users(world)
    assert found.interactions.user_ids == truth.user_ids
    np.testing.assert_array_equal(found.interactions.chosen.toarray(), truth.interactions.toarray()[:, [8, 0, 3]])
    import_interactions(path, clicks(tmp_path, f"user,item\nreal,{ids[1]}\n"))
    found = read_stored(path)
    assert found is not None
    assert not found.simulated
    assert found.interactions.user_ids == ("real",)
    catalogue(path, ids)  # the same ids in a catalogue that is nobody's generated world
    assert simulated_interactions([]) is None


def test_an_export_is_what_an_import_takes(tmp_path: Path) -> None:
    path = catalogue(tmp_path / "w", ["z", "y", "x"]).path
    with pytest.raises(InteractionsError, match="mmdemo interactions import"):
        export_interactions(path, tmp_path / "out.csv")
    import_interactions(path, clicks(tmp_path))
    export_interactions(path, tmp_path / "out.parquet")
    found, report = read_interactions(tmp_path / "out.parquet", item_ids=["z", "y", "x"])
    kept = stored_interactions(path)
    assert kept is not None
    assert (found.chosen != kept.chosen).nnz == 0
    assert report.left_out == ()
