"""A planted structure is found by each family, and nothing is found where nothing is."""

from dataclasses import replace

import numpy as np
import pytest
from planted_media import RATE_HZ, pitched, rhythmic, shaped

from mmdemo.encoders.trainable_families import TRAINABLE
from mmdemo.errors import CancelledError
from mmdemo.tuning import SETTINGS, Examples, Fitted, fit, preparer
from mmdemo.types import Waveform

ITEMS = 100


def planted(family: str, make, *, seed: int = 0) -> Examples:
    """Items that are of one kind or the other, by turns."""
    rng, prepare = np.random.default_rng(seed), preparer(TRAINABLE[family])
    made = [make(rng, number % 2 == 1) for number in range(ITEMS)]
    windows = [prepare(Waveform(m, RATE_HZ) if isinstance(m, np.ndarray) else m) for m in made]
    owners = np.repeat(np.arange(ITEMS), [len(found) for found in windows])
    targets = np.eye(2, dtype=np.float32)[np.arange(ITEMS) % 2]
    return Examples("tags", np.concatenate(windows), owners, targets, np.arange(ITEMS), ("one", "other"))


def train(family: str, examples: Examples, *, epochs: int, **more) -> Fitted:
    settings = replace(SETTINGS[family], epochs=epochs, batch=16)
    return fit(TRAINABLE[family], examples, settings, seed=0, **more)


@pytest.mark.parametrize("family", ["lstm-audio", "attention-audio"])
@pytest.mark.parametrize(
    "make",
    [lambda rng, kind: pitched(rng, high=kind), lambda rng, kind: rhythmic(rng, fast=kind)],
    ids=["pitch", "rhythm"],
)
def test_sounds_are_told_apart(family, make):
    fitted = train(family, planted(family, make), epochs=15)
    assert fitted.scores.value > 0.9
    assert fitted.scores.better_than_chance


def test_pictures_are_told_apart():
    fitted = train("cnn", planted("cnn", lambda rng, kind: shaped(rng, round_=kind)), epochs=15)
    assert fitted.scores.value > 0.9
    assert fitted.scores.better_than_chance


def test_nothing_is_found_where_nothing_is():
    """The same sounds with tags dealt out at random."""
    examples = planted("attention-audio", lambda rng, _: pitched(rng, high=bool(rng.integers(2))))
    assert not train("attention-audio", examples, epochs=6).scores.better_than_chance


def test_sounds_find_their_texts():
    """Pairs: each kind has a text vector of its own beside what is the item's alone."""
    examples = planted("lstm-audio", lambda rng, kind: pitched(rng, high=kind))
    own = 0.3 * np.random.default_rng(1).standard_normal((ITEMS, 8)).astype(np.float32)
    texts = np.concatenate([examples.targets, own], axis=1)
    pairs = replace(
        examples, kind="pairs", targets=texts / np.linalg.norm(texts, axis=1, keepdims=True), class_names=()
    )
    fitted = train("lstm-audio", pairs, epochs=12)
    assert fitted.scores.value > 0.65
    assert fitted.scores.better_than_chance
    assert fitted.head.names == ()


def test_a_run_that_was_broken_off_and_resumed_gives_the_same_bits():
    examples = planted("attention-audio", lambda rng, kind: pitched(rng, high=kind))
    whole = train("attention-audio", examples, epochs=3)
    saved = []

    def stop(done: int, total: int, message: str) -> None:
        if done > total // 2:
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        train("attention-audio", examples, epochs=3, save=saved.append, progress=stop)
    assert len(saved) == 1
    resumed = train("attention-audio", examples, epochs=3, resume=saved[-1])
    for name, tensor in whole.network.state_dict().items():
        np.testing.assert_array_equal(resumed.network.state_dict()[name].numpy(), tensor.numpy())
    assert resumed.scores == whole.scores
