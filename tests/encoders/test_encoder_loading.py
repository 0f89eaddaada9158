import os
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

import numpy as np
import pytest
from encoder_samples import FirstNumbers

from mmdemo.encoders import ENCODERS, find, finding, load, loading
from mmdemo.encoders.base import EncoderSpec
from mmdemo.encoders.finding import made_of
from mmdemo.errors import EncoderError
from mmdemo.types import Modality


def spec_of(name, made, *, dim=2):
    def factory(settings):
        made.append(name)
        return FirstNumbers(name, dim)

    return EncoderSpec(
        name=name, modality=Modality.TEXT, dim=dim, summary=name, licence="MIT", weights=(name,), load=factory
    )


@pytest.fixture
def made(monkeypatch):
    """Two light entries in the table, and the names of what was made."""
    names: list[str] = []
    table = {name: spec_of(name, names, dim=dim) for name, dim in (("one", 1), ("two", 2))}
    monkeypatch.setattr(finding, "ENCODERS", table)
    monkeypatch.setattr(loading, "_loaded", {})
    return names


def test_an_unknown_name_is_answered_with_the_names():
    with pytest.raises(EncoderError) as caught:
        load("clip")
    assert all(name in str(caught.value) for name in ENCODERS)


@pytest.mark.parametrize("name", ["one+", "+", "one+three", ""])
def test_a_join_with_an_unknown_part_is_refused(made, name):
    with pytest.raises(EncoderError):
        load(name)


def test_a_join_of_two_modalities_is_refused():
    with pytest.raises(EncoderError, match="audio and text"):
        find("minilm+aisfx")


def test_an_encoder_is_made_once_even_by_many_threads(made):
    found = []
    threads = [threading.Thread(target=lambda: found.append(load("one"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["one"]
    assert all(encoder is found[0] for encoder in found)


def test_a_join_uses_the_parts_that_are_loaded_already(made):
    load("two")
    joined = load("one+two")
    assert made == ["two", "one"]
    assert (joined.name, joined.dim, joined.parts) == ("one+two", 3, (slice(0, 1), slice(1, 3)))
    np.testing.assert_array_equal(joined.encode(["AB"]), [[65, 65, 66]])


def test_the_entry_of_a_join_tells_of_all_its_parts(made):
    spec = find("one+two+one")
    assert (spec.dim, spec.weights, spec.licence) == (4, ("one", "two"), "MIT")


def test_a_failed_load_is_tried_again(made, monkeypatch):
    attempts = []

    def factory(settings):
        attempts.append(settings.device)
        if len(attempts) == 1:
            raise EncoderError("no luck", expected="luck", remedy="try again")
        return FirstNumbers("one", 1)

    spec = EncoderSpec(name="one", modality=Modality.TEXT, dim=1, summary="", licence="", weights=(), load=factory)
    monkeypatch.setattr(finding, "ENCODERS", {"one": spec})
    with pytest.raises(EncoderError, match="no luck"):
        load("one")
    assert load("one").name == "one"


@pytest.mark.parametrize(("before", "after"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_waiting_threads_do_not_spin_unless_the_user_says_so(made, monkeypatch, before, after):
    monkeypatch.setenv("OMP_WAIT_POLICY", before or "")
    if before is None:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    load("one")
    assert os.environ["OMP_WAIT_POLICY"] == after


class Owner:
    """Whoever holds encoders."""


@pytest.fixture
def holders(made, monkeypatch):
    monkeypatch.setattr(loading, "_holders", WeakKeyDictionary())


def test_what_is_neither_kept_nor_held_is_released(made, holders):
    for name in ("one", "two"):
        load(name)
    assert loading.release(["one"]) == ("two",)
    assert [encoder.name for encoder in loading.loaded()] == ["one"]
    load("two")
    assert made == ["one", "two", "two"]
    assert loading.release() == ("one", "two")


def test_a_join_keeps_its_parts_and_parts_do_not_keep_the_join(made, holders):
    joined = load("one+two")
    assert loading.release(["one+two"]) == ()
    assert set(loading.release(["two"])) == {"one", "one+two"}
    np.testing.assert_array_equal(joined.encode(["AB"]), [[65, 65, 66]])  # whoever has it goes on


def test_an_owner_holds_encoders_as_long_as_it_lives_or_until_it_holds_others(made, holders):
    owner = Owner()
    load("one+two")
    loading.hold(owner, ["one+two"])
    assert loading.release() == ()
    loading.hold(owner, ["two"])
    assert set(loading.release()) == {"one", "one+two"}
    del owner
    assert loading.release() == ("two",)


def test_a_query_that_is_running_on_a_released_encoder_finishes(made, holders):
    started, go_on = threading.Event(), threading.Event()
    encoder = load("one")
    encode_prepared = encoder.encode_prepared

    def slowly(prepared):
        started.set()
        assert go_on.wait(30)
        return encode_prepared(prepared)

    encoder.encode_prepared = slowly
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(load("one").encode, ["A"])
        del encoder
        assert started.wait(30)
        assert loading.release() == ("one",)
        go_on.set()
        np.testing.assert_array_equal(running.result(30), [[65]])


def test_released_encoders_leave_memory(made, holders):
    gone = weakref.ref(load("one"))
    loading.release()
    assert gone() is None


def test_options_of_frames_go_to_the_encoder_behind_them():
    assert made_of("video-frames@pruned30") == {"video-frames@pruned30", "efficientnet-lite0@pruned30"}
    assert made_of("aisfx+musicnn") == {"aisfx+musicnn", "aisfx", "musicnn"}


def test_reading_the_table_loads_nothing_heavy():
    heavy = ("torch", "timm", "transformers", "tokenizers", "safetensors", "huggingface_hub", "scipy")
    code = f"import sys, mmdemo.encoders; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
