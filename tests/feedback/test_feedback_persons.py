import hashlib
import hmac
import os
import subprocess
import sys

import pytest

from mmdemo.errors import FeedbackError
from mmdemo.feedback import database_of, person_key, session_person, signed_in_person
from mmdemo.feedback.location import locate
from mmdemo.feedback.persons import checked_person


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    monkeypatch.delenv("MMDEMO_PERSON_KEY", raising=False)
    monkeypatch.delenv("MMDEMO_DATABASE", raising=False)


def test_a_name_gives_one_person_for_each_key():
    key, other = b"k" * 32, b"o" * 32
    anna = signed_in_person("anna@example.org", key)
    digest = hmac.new(key, b"mmdemo person\0anna@example.org", hashlib.sha256).hexdigest()
    assert anna == checked_person(f"user-{digest[:32]}")
    people = [
        signed_in_person(name, key) for name in ("anna@example.org", " anna@example.org ", "zo\u00eb", "zoe\u0308")
    ]
    assert people[0] == people[1] == anna != people[2] == people[3]
    assert signed_in_person("anna@example.org", other) != anna
    assert signed_in_person("Anna@example.org", key) != anna
    assert checked_person(session_person()).startswith("session-")
    with pytest.raises(FeedbackError, match="sign in"):
        signed_in_person(" ", key)


def test_a_real_name_in_the_place_of_a_person_is_not_repeated_in_full():
    with pytest.raises(FeedbackError) as raised:
        checked_person("anna.karenina@example.org")
    assert "karenina" not in str(raised.value)


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path):
    key = person_key(tmp_path)
    assert person_key(tmp_path) == key
    assert len(bytes.fromhex(key.decode())) == 32
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    other = tmp_path / "other"
    other.mkdir()
    assert person_key(other) != key


def test_processes_that_make_the_key_at_once_agree(tmp_path):
    code = (
        "import sys, pathlib; from mmdemo.feedback import person_key; sys.stdin.readline(); "
        "print(person_key(pathlib.Path(sys.argv[1])).decode())"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    assert len({process.communicate()[0] for process in both}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["feedback.key"]


def test_the_variable_goes_first_and_short_keys_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("MMDEMO_PERSON_KEY", "0123456789abcdef")
    assert person_key(tmp_path) == b"0123456789abcdef"
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("MMDEMO_PERSON_KEY", "short")
    with pytest.raises(FeedbackError, match="at least 16"):
        person_key(tmp_path)
    monkeypatch.delenv("MMDEMO_PERSON_KEY")
    (tmp_path / "feedback.key").write_bytes(b"")
    with pytest.raises(FeedbackError, match="0 bytes"):
        person_key(tmp_path)
    with pytest.raises(FeedbackError, match="permissions"):
        person_key(tmp_path / "nowhere")


def test_which_database_is_meant(tmp_path, monkeypatch):
    assert database_of(tmp_path) == tmp_path / "feedback.sqlite"
    monkeypatch.setenv("MMDEMO_DATABASE", "postgresql://server/x")
    assert database_of(tmp_path) == "postgresql://server/x"
    assert database_of(tmp_path, "mine.sqlite") == "mine.sqlite"
    assert str(locate("folder/f.sqlite").file) == "folder/f.sqlite"
    assert str(locate("sqlite:////tmp/f.sqlite").file) == "/tmp/f.sqlite"
    for name in ("postgresql", "postgresql+psycopg", "postgres"):
        location = locate(f"{name}://me:s%40cret@server:5433/x")
        assert location.server.drivername == "postgresql+psycopg"
        assert location.server.password == "s@cret"
        assert "cret" not in str(location)
    wrong = [
        "mysql://me:secret@server/x",
        "postgresql+psycopg2://me:secret@server/x",
        "sqlite://",
        "sqlite:///:memory:",
    ]
    for url in [*wrong, "postgresql://me:secret@server:port/x", "secret://", "://secret", "sqlite:///f?mode=memory"]:
        with pytest.raises(FeedbackError, match="MMDEMO_DATABASE") as raised:
            locate(url)
        assert "secret@" not in str(raised.value)


def test_heavy_libraries_wait_until_they_are_needed():
    code = (
        "import sys, mmdemo.feedback, mmdemo.cli.feedback\n"
        "mmdemo.feedback.FeedbackStore('f.sqlite')\n"
        "print({'sqlalchemy', 'psycopg', 'scipy', 'torch', 'sklearn', 'numpy', 'streamlit'} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert told.stdout == "set()\n"
