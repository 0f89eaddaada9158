"""Training in a workspace: what is kept, what a kill leaves, what is resumed."""

import os
import signal
import subprocess
import sys
import time

import pytest
from planted_media import tone_workspace
from safetensors.numpy import load_file

from mmdemo.encoders import find, load
from mmdemo.engine.tuning import read_tuned, trained_encoders, tune_encoder
from mmdemo.engine.tuning_run import TuningRun
from mmdemo.errors import CancelledError, CatalogError, EncoderError, WorkspaceError
from mmdemo.media import decode
from mmdemo.store import Workspace
from mmdemo.types import Modality

_CODE = """
import sys
from mmdemo.engine.tuning import tune_encoder
tune_encoder(sys.argv[1], "attention-audio", epochs=4, name=sys.argv[2])
"""


def _process(path, name):
    return subprocess.Popen([sys.executable, "-c", _CODE, str(path), name], stderr=subprocess.DEVNULL)


def _weights(path, name):
    return load_file(path / "encoders" / name / "model.safetensors")


@pytest.fixture
def tones(tmp_path):
    return tone_workspace(tmp_path / "workspace").path


def test_a_killed_training_is_resumed_to_the_same_bits(tones):
    checkpoint = tones / "encoders" / ".killed" / "checkpoint.pt"
    running = _process(tones, "killed")
    while running.poll() is None and not checkpoint.is_file():
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert checkpoint.is_file()
    assert trained_encoders(tones) == []
    seen = []
    tune_encoder(tones, "attention-audio", epochs=4, name="killed", progress=lambda *told: seen.append(told))
    steps = [done for done, _, message in seen if message.startswith("training")]
    assert steps[0] > 0
    tune_encoder(tones, "attention-audio", epochs=4, name="whole")
    resumed, whole = _weights(tones, "killed"), _weights(tones, "whole")
    assert resumed.keys() == whole.keys()
    assert all((resumed[name] == whole[name]).all() for name in whole)
    assert not checkpoint.parent.exists()


def test_another_question_does_not_resume_and_a_damaged_state_is_left(tones):
    def stop(done, total, message):
        if message.startswith("training") and done > total / 2:
            raise CancelledError(message)

    for epochs, seed in ((2, 0), (2, 1)):
        with pytest.raises(CancelledError):
            tune_encoder(tones, "attention-audio", epochs=epochs, seed=seed, progress=stop)
    state = tones / "encoders" / ".attention-audio-tags" / "checkpoint.pt"
    state.write_bytes(state.read_bytes()[:1000])
    seen = []
    tune_encoder(tones, "attention-audio", epochs=2, seed=1, progress=lambda *told: seen.append(told))
    assert next(done for done, _, message in seen if message.startswith("training")) == 0


def test_what_was_trained_is_found_again_and_can_be_used(tones):
    first = tune_encoder(tones, "lstm-audio", epochs=1)
    second = tune_encoder(tones, "lstm-audio", epochs=1, seed=1)
    assert [first.name.rsplit("/", 1)[1], second.name.rsplit("/", 1)[1]] == ["lstm-audio-tags", "lstm-audio-tags-2"]
    assert read_tuned(tones) == [first, second]
    assert trained_encoders(tones) == [first.name, second.name]
    (tones / "encoders" / "lstm-audio-tags" / "config.json").write_text("{")
    assert trained_encoders(tones) == [second.name]
    assert find(second.name).modality is Modality.AUDIO
    workspace = Workspace(tones)
    sound = decode(workspace.read_blob(workspace.read_catalog().items[0].media[Modality.AUDIO])).media
    encoder = load(second.name, device="cpu")
    assert encoder.class_probabilities(encoder.encode([sound])).shape == (1, 2)


def test_two_cannot_train_under_one_name(tones):
    with (
        TuningRun(tones / "encoders" / ".one"),
        pytest.raises(WorkspaceError, match=f"process {os.getpid()} .*tune"),
    ):
        tune_encoder(tones, "attention-audio", name="one")


def test_what_cannot_be_learned_is_refused(tones):
    with pytest.raises(EncoderError, match="tags, pairs"):
        tune_encoder(tones, "cnn", labels="stars")
    with pytest.raises(EncoderError, match="at least 1"):
        tune_encoder(tones, "cnn", epochs=0)
    with pytest.raises(EncoderError, match="cannot be trained"):
        tune_encoder(tones, "minilm")
    with pytest.raises(CatalogError, match="without image"):
        tune_encoder(tones, "cnn")


@pytest.mark.weights
def test_pairs_are_learned_from_the_text_encoder_in_use(tones):
    tuned = tune_encoder(tones, "attention-audio", labels="pairs", epochs=1)
    assert (tuned.labels, tuned.classes, tuned.items) == ("pairs", 0, 48)
    assert load(tuned.name, device="cpu").class_names == ()
