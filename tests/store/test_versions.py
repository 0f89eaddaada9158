import contextlib
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import SOURCE, all_files, arrays, embeddings, fresh, items, tables, write

from mmdemo.errors import WorkspaceError
from mmdemo.store import Workspace
from mmdemo.store.content import content_sha256
from mmdemo.types import Embeddings, Item, Modality

WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
IDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
MEDIA = st.fixed_dictionaries(
    {},
    optional={Modality.TEXT: WORDS}
    | {kind: st.integers(0, 2**256 - 1).map("{:064x}".format) for kind in Modality if kind != Modality.TEXT},
)
ITEMS = st.lists(
    st.builds(Item, IDS, WORDS, MEDIA, st.lists(WORDS, max_size=3).map(tuple), st.dictionaries(WORDS, WORDS)),
    unique_by=lambda item: item.item_id,
    max_size=8,
)


def same(left: Embeddings, right: Embeddings) -> bool:
    """Whether both have the same vectors for the same ids, in whatever order."""
    rows = {item_id: row for row, item_id in enumerate(right.ids.tolist())}
    order = [rows[item_id] for item_id in left.ids.tolist()]
    return (
        len(rows) == len(left) == len(right)
        and np.array_equal(left.vectors, right.vectors[order])
        and (left.modality, left.space) == (right.modality, right.space)
    )


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(stored=ITEMS, seed=st.integers(0, 1000))
def test_any_catalogue_comes_back_and_verifies(tmp_path, stored, seed):
    workspace = fresh(tmp_path)
    made = tables(stored, seed=seed)
    version = workspace.read_version(workspace.write_version(stored, made, {}, {}))
    assert version.items == tuple(stored)
    assert version.tables.keys() == made.keys()
    assert all(same(version.tables[name], made[name]) for name in made)
    workspace.verify()


def test_arrays_come_back_with_type_and_shape(tmp_path):
    workspace = fresh(tmp_path)
    given_arrays = arrays() | {
        "strided": np.arange(24).reshape(4, 6)[::2, ::3],
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "big endian": np.arange(3, dtype=">i4"),
    }
    workspace.write_version([], {}, given_arrays, {})
    found = workspace.read_version().arrays
    assert found.keys() == given_arrays.keys()
    for name, array in given_arrays.items():
        assert found[name].shape == array.shape
        assert found[name].dtype.itemsize == array.dtype.itemsize
        assert np.array_equal(found[name], array)
    workspace.verify()


def test_rows_follow_the_items_whatever_order_they_are_given_in(tmp_path):
    workspace = fresh(tmp_path)
    stored = items()
    ids = [item.item_id for item in stored]
    table = embeddings(ids[::-1], Modality.TEXT, space="s", seed=1)
    workspace.write_version(stored, {"shared.text": table}, {}, {})
    found = workspace.read_version().tables["shared.text"]
    assert found.ids.tolist() == ids
    assert np.array_equal(found.vectors, table.vectors[::-1])


def test_rows_follow_the_items_across_batches(tmp_path):
    workspace = fresh(tmp_path)
    stored = [Item(f"{number}", "", {}) for number in range(20_000)]
    every_third = [item.item_id for item in stored[::3]]
    made = {
        "all": embeddings([item.item_id for item in stored], Modality.TEXT, space="s", seed=1, dim=3),
        "third": embeddings(every_third, Modality.TEXT, space="s", seed=2, dim=5),
    }
    workspace.write_version(stored, made, {}, {})
    found = workspace.read_version()
    assert [item.item_id for item in found.items] == [item.item_id for item in stored]
    for name, table in made.items():
        assert found.tables[name].ids.tolist() == table.ids.tolist()
        assert np.array_equal(found.tables[name].vectors, table.vectors)


def test_what_is_read_cannot_be_changed_by_one_of_its_users(tmp_path):
    workspace = fresh(tmp_path)
    write(workspace)
    version = workspace.read_version()
    with pytest.raises(ValueError, match="read-only"):
        version.tables["native.text"].vectors[0, 0] = 5
    with pytest.raises(ValueError, match="read-only"):
        version.arrays["map"][0, 0] = 5


def test_equal_content_has_an_equal_hash_and_any_change_another(tmp_path):
    workspace = fresh(tmp_path)
    stored, made, fitted = items(), tables(items()), arrays()

    def content(stored=stored, made=made, fitted=fitted):
        return workspace.manifest(workspace.write_version(stored, made, fitted, {})).content_sha256

    moved = made["native.text"]
    nudged = Embeddings(moved.ids, np.nextafter(moved.vectors, np.float32(2)), moved.modality, moved.space)
    renamed = Embeddings(moved.ids, moved.vectors, moved.modality, "another")
    first = stored[0]
    changes = [
        content(stored=stored[::-1]),
        content(stored=[Item(first.item_id, "X", first.media, first.tags, first.extra), *stored[1:]]),
        content(stored=[Item(first.item_id, first.title, first.media, ("X",), first.extra), *stored[1:]]),
        content(stored=[Item(first.item_id, first.title, first.media, first.tags, {"X": "x"}), *stored[1:]]),
        content(made=made | {"native.text": nudged}),
        content(made=made | {"native.text": renamed}),
        content(made={name: made[name] for name in made if name != "shared.text"}),
        content(fitted=fitted | {"map": fitted["map"].astype(np.float32)}),
        content(fitted=fitted | {"map": fitted["map"].reshape(4, 16)}),
        content(fitted={("plan" if name == "map" else name): array for name, array in fitted.items()}),
    ]
    assert len({content(), *changes}) == 11
    backwards = Embeddings(moved.ids[::-1], moved.vectors[::-1], moved.modality, moved.space)
    assert content(made=made | {"native.text": backwards}) == content()


def test_the_hash_knows_where_one_part_ends_and_the_next_begins():
    vectors = np.ones((1, 2), dtype=np.float32)
    assert content_sha256([b"ab", b"c"], {}, {}) != content_sha256([b"a", b"bc"], {}, {})
    assert content_sha256([], {}, {"a": vectors, "b": vectors}) != content_sha256([], {}, {"a": vectors})


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([Item("a", "", {}), Item("a", "", {})], "every id may be there once"),
        ([Item("", "", {})], "an id of 1 to"),
        ([Item("x" * 2000, "", {})], "an id of 1 to"),
        ([Item("a\0", "", {})], "without NUL"),
        ([Item("a\ud800", "", {})], "valid Unicode"),
        ([Item("a", "b\udfff", {})], "valid Unicode"),
        ([Item("a", "", {Modality.IMAGE: "../../x"})], "blob name"),
    ],
)
def test_items_that_could_not_come_back_are_refused(tmp_path, bad, message):
    workspace = fresh(tmp_path)
    with pytest.raises(WorkspaceError, match=message):
        workspace.write_version(bad, {}, {}, {})
    with pytest.raises(WorkspaceError, match=message):
        workspace.write_catalog(bad, SOURCE, {})
    assert workspace.versions() == []


@pytest.mark.parametrize("name", ["", "Native.image", "a__b", "a b", "../x", "a..b", ".a", "é"])
def test_table_names_are_plain(tmp_path, name):
    with pytest.raises(WorkspaceError, match="table name"):
        fresh(tmp_path).write_version(items(), {name: tables(items())["native.text"]}, {}, {})


@pytest.mark.parametrize("ids", [["id-0", "id-0"], ["id-0", "stranger"]])
def test_a_table_has_one_row_for_an_item_and_none_for_others(tmp_path, ids):
    with pytest.raises(WorkspaceError, match="at most one row for each item"):
        fresh(tmp_path).write_version(
            items(), {"native.text": embeddings(ids, Modality.TEXT, space="s", seed=0)}, {}, {}
        )


@pytest.mark.parametrize(
    ("name", "array"),
    [("names", np.array(["a"])), ("objects", np.array([{}])), ("__metadata__", np.zeros(1)), ("z", np.zeros(1, "c16"))],
)
def test_only_numbers_go_into_arrays(tmp_path, name, array):
    with pytest.raises(WorkspaceError, match="array"):
        fresh(tmp_path).write_version([], {}, {name: array}, {})


def test_versions_are_listed_by_age_and_the_last_is_current(tmp_path):
    workspace = fresh(tmp_path)
    assert workspace.versions() == []
    assert workspace.current_version_id() is None
    made = [write(workspace, seed=seed) for seed in (3, 1, 2)]
    assert workspace.versions() == made == sorted(made)
    assert [name[:7] for name in made] == ["000001-", "000002-", "000003-"]
    assert workspace.current_version_id() == made[-1]
    assert workspace.manifest(made[0]).content_sha256.startswith(made[0][7:])


def test_an_older_version_can_be_used_again(tmp_path):
    workspace = fresh(tmp_path)
    first, second = write(workspace, seed=1), write(workspace, seed=2)
    workspace.use_version(first)
    assert workspace.read_version().version_id == first
    assert write(workspace, seed=3) > second
    for stranger in ("000009-00000000", "../versions", ""):
        with pytest.raises(WorkspaceError, match="choose one of"):
            workspace.use_version(stranger)


def test_prune_keeps_the_newest_and_the_current(tmp_path):
    workspace = fresh(tmp_path)
    made = [write(workspace, seed=seed) for seed in range(5)]
    workspace.use_version(made[0])
    assert workspace.prune(keep=2) == made[1:3]
    assert workspace.versions() == [made[0], *made[3:]]
    assert workspace.prune(keep=2) == []
    workspace.verify(made[0])
    assert list((workspace.path / "staging").iterdir()) == []
    with pytest.raises(WorkspaceError, match="at least 1"):
        workspace.prune(keep=0)


def test_a_workspace_without_version_says_what_to_run(tmp_path):
    for workspace in (fresh(tmp_path), Workspace(tmp_path / "nowhere")):
        for read in (workspace.read_version, workspace.manifest, workspace.verify):
            with pytest.raises(WorkspaceError, match="mmdemo index"):
                read()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n", b"000001", b"../../../etc\n", b"000001-aaaaaaaa\n\n"])
def test_a_damaged_pointer_is_named_and_mended_by_the_next_version(tmp_path, content):
    workspace = fresh(tmp_path)
    first = write(workspace)
    (workspace.path / "CURRENT").write_bytes(content)
    for read in (workspace.current_version_id, workspace.read_version, workspace.manifest, workspace.prune):
        with pytest.raises(WorkspaceError, match=f"CURRENT.*{first}"):
            read()
    assert workspace.read_version(first).version_id == first
    assert write(workspace) == workspace.current_version_id()


def test_a_pointer_to_a_version_that_is_gone_is_named(tmp_path):
    workspace = fresh(tmp_path)
    write(workspace)
    (workspace.path / "CURRENT").write_text("000005-aaaaaaaa\n")
    with pytest.raises(WorkspaceError, match="000005-aaaaaaaa"):
        workspace.read_version()


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    workspace = fresh(tmp_path_factory.mktemp("wide"))
    write(workspace, count=64, dim=64)
    return workspace


def damage(path, how):
    content = path.read_bytes()
    middle = len(content) // 2
    match how:
        case "removed":
            path.unlink()
        case "emptied":
            path.write_bytes(b"")
        case "halved":
            path.write_bytes(content[:middle])
        case "one bit":
            path.write_bytes(content[:middle] + bytes([content[middle] ^ 16]) + content[middle + 1 :])
    return content


@pytest.mark.parametrize("how", ["removed", "emptied", "halved", "one bit"])
@pytest.mark.parametrize("suffix", [".lance", ".manifest", ".safetensors", ".json"])
def test_verify_finds_planted_damage(wide, how, suffix):
    folder = wide.path / "versions" / wide.current_version_id()
    file = next(path for path in all_files(folder) if path.suffix == suffix and "hint" not in path.name)
    original = damage(file, how)
    try:
        if (suffix, how) == (".json", "one bit"):
            with pytest.raises(WorkspaceError):
                wide.verify()
        elif (suffix, how) == (".manifest", "one bit"):
            tolerate(wide)
        else:
            with pytest.raises(WorkspaceError, match=folder.name):
                wide.verify()
    finally:
        file.write_bytes(original)
    wide.verify()


@pytest.mark.parametrize("change", [{"rows": 33}, {"rows": 31}, {"rows": 65}, {"dim": 65}, {"modality": "smell"}])
def test_a_table_that_is_not_what_the_manifest_says_is_refused(wide, change):
    file = wide.path / "versions" / wide.current_version_id() / "manifest.json"
    original = file.read_bytes()
    content = json.loads(original)
    assert content["tables"]["native.image"]["rows"] == 32
    content["tables"]["native.image"] |= change
    file.write_text(json.dumps(content))
    try:
        with pytest.raises(WorkspaceError, match=r"could not read the table native\.image"):
            wide.read_version()
    finally:
        file.write_bytes(original)


def tolerate(workspace):
    """Damage to a byte that says nothing may go unnoticed; anything else has to be a typed error."""
    with contextlib.suppress(WorkspaceError):
        workspace.verify()


@pytest.mark.slow
def test_damage_anywhere_in_the_tables_is_a_typed_error_or_no_damage(wide):
    folder = wide.path / "versions" / wide.current_version_id() / "lance"
    rng = np.random.default_rng(0)
    for file in all_files(folder):
        original = file.read_bytes()
        for position in rng.integers(0, len(original), 60):
            changed = bytearray(original)
            changed[position] ^= int(rng.integers(1, 256))
            file.write_bytes(changed)
            tolerate(wide)
        file.write_bytes(original)
    wide.verify()
