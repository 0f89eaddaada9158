import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_samples import SOURCE, fresh, items, write

from mmdemo.errors import WorkspaceError
from mmdemo.store import EncoderRef, TableInfo
from mmdemo.store.document import read_document, to_json
from mmdemo.types import Modality

TEXTS = dict.fromkeys(("title", "licence", "attribution", "url"), "")
WRONG = {
    "format": ["1", 0, True, None, 1.5],
    "version_id": [7, None],
    "created": ["yesterday", "2026-01-01T00:00:00", 5],
    "name": [None, 1],
    "catalog_id": [5],
    "source": ["things", {"title": "x"}, {**TEXTS, "synthetic": 1}, {**TEXTS, "synthetic": True, "more": ""}],
    "encoders": [[], {"image": "x"}, {"image": {"name": "x"}}, {"image": {"name": "x", "key": "k", "more": 1}}],
    "counts": [[], {"items": "12"}, {"items": -1}],
    "tables": [None, {"native.text": {"modality": "text", "space": "s", "dim": 8}}],
    "seed": ["0", 1.0, None],
    "settings": [[], None],
    "metrics": ["x"],
    "software": [{"numpy": 2}],
    "content_sha256": ["abc", None, "A" * 64],
}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    workspace = fresh(tmp_path_factory.mktemp("manifest"))
    workspace.write_catalog(items(), SOURCE, {})
    write(workspace)
    return workspace


@pytest.fixture
def file(written):
    path = written.path / "versions" / written.current_version_id() / "manifest.json"
    original = path.read_bytes()
    yield path
    path.write_bytes(original)


def test_the_manifest_says_what_was_written(written):
    stored = items()
    catalog_id = written.current_catalog_id()
    about = {
        "seed": 7,
        "encoders": {Modality.IMAGE: {"name": "lite", "key": "k1"}, Modality.TEXT: EncoderRef("mini", "k2")},
        "settings": {"alpha": 0.5, "folds": [1, 2]},
        "metrics": {"recall@1": 0.25},
    }
    version_id = written.write_version(stored, {}, {}, about)
    manifest = written.manifest(version_id)
    assert manifest.version_id == version_id
    assert (manifest.name, manifest.seed, manifest.catalog_id, manifest.source) == ("Planted", 7, catalog_id, SOURCE)
    assert manifest.encoders == {"image": EncoderRef("lite", "k1"), "text": EncoderRef("mini", "k2")}
    assert manifest.encoders[Modality.IMAGE].name == "lite"
    assert manifest.settings == about["settings"]
    assert manifest.metrics == about["metrics"]
    assert manifest.counts == {"items": 12, "text": 12, "image": 6, "audio": 4, "video": 0}
    assert manifest.software.keys() >= {"mmdemo", "python", "numpy", "lancedb"}
    assert datetime.fromisoformat(manifest.created).utcoffset() == timedelta(0)


def test_tables_are_described_even_where_they_are_empty(written):
    tables = written.manifest(written.versions()[0]).tables
    assert tables["native.image"] == TableInfo(modality="image", space="enc-image", dim=8, rows=6)
    assert tables["native.video"] == TableInfo(modality="video", space="enc-video", dim=8, rows=0)


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_a_wrong_value_is_named_with_its_file(written, file, field, value):
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {field: value}))
    with pytest.raises(WorkspaceError, match=f"manifest.json.*{field}"):
        written.manifest()


@pytest.mark.parametrize("field", WRONG)
def test_a_missing_field_is_named_with_its_file(written, file, field):
    content = json.loads(file.read_bytes())
    del content[field]
    file.write_text(json.dumps(content))
    with pytest.raises(WorkspaceError, match=f"manifest.json lacks the field '{field}'"):
        written.manifest()


def test_an_unknown_field_is_named(written, file):
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {"sead": 1}))
    with pytest.raises(WorkspaceError, match="unknown field 'sead'"):
        written.manifest()


def test_a_newer_format_asks_for_an_update(written, file):
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {"format": 2, "unknown": True}))
    for read in (written.manifest, written.read_version):
        with pytest.raises(WorkspaceError, match=r"format 2.*update mmdemo"):
            read()


def test_a_manifest_of_another_version_is_refused(written, file):
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {"version_id": "000099-00000000"}))
    with pytest.raises(WorkspaceError, match="000099-00000000"):
        written.manifest()


@pytest.mark.parametrize("length", [0, 1, 50, 200])
def test_a_truncated_manifest_is_refused(written, file, length):
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(WorkspaceError, match=r"manifest\.json"):
        written.manifest()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[]", b"null", b'{"format": NaN}', b"[" * 100_000, b"1" * 5000])
def test_what_is_no_json_object_is_refused(written, file, content):
    file.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"manifest\.json"):
        written.manifest()


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"content_sha256": "0" * 64}, "content_sha256"),
        ({"metric": {}}, "'metric'"),
        ({"settings": {"x": float("nan")}}, "not JSON"),
        ({"settings": {"x": {1, 2}}}, "not JSON"),
        ({"seed": "1"}, "'seed'"),
        ({"encoders": {"image": {"name": "x"}}}, "encoders.image.key"),
    ],
)
def test_what_the_writer_gets_wrong_is_refused_before_anything_appears(written, about, message):
    before = written.versions(), written.current_version_id()
    with pytest.raises(WorkspaceError, match=message):
        written.write_version(items(), {}, {}, about)
    assert (written.versions(), written.current_version_id()) == before
    assert list((written.path / "staging").iterdir()) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(settings=st.dictionaries(st.text(), JSON, max_size=5))
def test_any_json_comes_back(tmp_path_factory, settings):
    path = tmp_path_factory.getbasetemp() / "document.json"
    path.write_bytes(to_json({"format": 1, "settings": settings}, what="test"))
    assert read_document(path, newest_format=1).mapping("settings") == settings
