"""The world says the truth: what a modality carries can be read off it exactly, and nothing else can."""

import colorsys
import io

import numpy as np
import pytest
import soundfile
from catalog_samples import imported, no_progress, opened

from mmdemo.catalog import open_source
from mmdemo.catalog.world import FACTORS, World
from mmdemo.catalog.world.picture import HUES, draw_picture
from mmdemo.catalog.world.sentence import WORDS, write_sentence
from mmdemo.catalog.world.sound import (
    BASE_HZ,
    NOTES_PER_SECOND,
    PLACE_BANDS_HZ,
    SAMPLE_RATE_HZ,
    SCALE_SEMITONES,
    synthesise,
)
from mmdemo.errors import CatalogError
from mmdemo.types import Modality

TEXT, IMAGE, AUDIO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO
EVERYTHING = {TEXT: 1.0, IMAGE: 1.0, AUDIO: 1.0}
NOTHING = {TEXT: 0.0, IMAGE: 0.0, AUDIO: 0.0}
COLUMN = {name: position for position, name in enumerate(FACTORS)}


# How a factor is read off a modality, without any code of the world ---------------------------------------------------


def words_read(item, factor):
    """Index of the value whose words are in the text, or None."""
    found = [
        value for value, ways in enumerate(WORDS[factor]) if any(f" {way}" in f" {item.text.lower()}" for way in ways)
    ]
    return found[0] if len(found) == 1 else None


def hue_read(item):
    """The colour whose hue most of the saturated pixels have, or None."""
    pixels = np.asarray(opened(item.files[IMAGE])).reshape(-1, 3) / 255
    hues = [colorsys.rgb_to_hsv(*pixel)[0] for pixel in pixels[np.ptp(pixels, axis=1) > 0.5]]
    if len(hues) < 50:
        return None
    turned = np.abs(np.median(hues if np.median(hues) > 0.05 else np.mod(np.add(hues, 0.5), 1) - 0.5) - np.array(HUES))
    return int(np.minimum(turned, 1 - turned).argmin())


def bars_read(item):
    """How many bars stand along the lower edge, less one; None where there is none."""
    row = np.asarray(opened(item.files[IMAGE]))[180].astype(int)
    is_bar = np.abs(row - 90).max(axis=1) < 12
    return int(np.count_nonzero(np.diff(is_bar.astype(int)) == 1)) - 1 if is_bar.any() else None


def samples_of(item):
    samples, rate = soundfile.read(io.BytesIO(item.files[AUDIO]))
    assert rate == SAMPLE_RATE_HZ
    return samples


def note_read(item):
    """Size and colour of the loudest note."""
    samples = samples_of(item)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 8 * len(samples)))
    hz = np.fft.rfftfreq(8 * len(samples), 1 / SAMPLE_RATE_HZ)
    spectrum[hz > 900] = 0
    cents = 1200 * np.log2(hz[spectrum.argmax()] / np.outer(BASE_HZ, 2 ** (np.array(SCALE_SEMITONES) / 12)))
    return np.unravel_index(np.abs(cents).argmin(), cents.shape)


def tempo_read(item):
    """The tempo at whose times the loudness rises, or None where nothing is struck after the start."""
    samples = samples_of(item)
    loudness = np.sqrt(np.convolve(samples**2, np.ones(160) / 160, mode="same"))[::80]
    rises = np.maximum(0, np.diff(loudness))
    seconds = np.arange(len(rises)) * 80 / SAMPLE_RATE_HZ
    later = rises * (seconds > 0.1)
    if later.max() < 0.3 * rises.max():
        return None
    in_step = [(later * np.cos(2 * np.pi * rate * seconds)).sum() for rate in NOTES_PER_SECOND]
    return int(np.argmax(in_step))


def place_read(item):
    """The band above the notes that has by far the most noise, or None."""
    power = np.abs(np.fft.rfft(samples_of(item))) ** 2
    hz = np.fft.rfftfreq(2 * (len(power) - 1), 1 / SAMPLE_RATE_HZ)
    levels = np.array([power[(hz > low) & (hz < high)].mean() for low, high in PLACE_BANDS_HZ])
    return int(levels.argmax()) if levels.max() > 30 * np.median(levels) else None


READERS = {
    (IMAGE, "colour"): hue_read,
    (IMAGE, "tempo"): bars_read,
    (AUDIO, "size"): lambda item: int(note_read(item)[0]),
    (AUDIO, "colour"): lambda item: int(note_read(item)[1]),
    (AUDIO, "tempo"): tempo_read,
    (AUDIO, "place"): place_read,
    **{(TEXT, factor): lambda item, factor=factor: words_read(item, factor) for factor in FACTORS},
}


# Ground truth ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("modality", "factor"), READERS, ids=str)
def test_a_factor_can_be_read_exactly_off_a_modality_that_carries_it(modality, factor):
    world = World(n=60, seed=4, shares={modality: 1.0})
    read = [READERS[modality, factor](item) for item in world.records(no_progress)]
    assert read == world.factors()[:, COLUMN[factor]].tolist()


@pytest.mark.parametrize(("modality", "factor"), READERS, ids=str)
def test_nothing_can_be_read_off_a_modality_that_carries_nothing(modality, factor):
    world = World(n=12, seed=4, shares=NOTHING)
    assert len({READERS[modality, factor](item) for item in world.records(no_progress)}) == 1


@pytest.mark.parametrize("render", [draw_picture, synthesise, write_sentence], ids=["picture", "sound", "sentence"])
@pytest.mark.parametrize("factor", FACTORS)
def test_every_value_of_every_factor_shows_in_every_modality(render, factor):
    """With the same jitter, all values give results that differ from each other."""
    shown = dict.fromkeys(FACTORS, 0)
    values = range(len(FACTORS[factor]))
    assert len({render({**shown, factor: value}, np.random.default_rng(0)) for value in values}) == len(values)


def test_the_truth_is_written_beside_every_item_and_as_an_array():
    world = World(n=20)
    truth = world.factors()
    assert truth.shape == (20, len(FACTORS))
    for index, item in enumerate(world.records(no_progress)):
        named = [FACTORS[name].index(item.extra[f"factor:{name}"]) for name in FACTORS]
        assert named == truth[index].tolist()
        assert item.tags == (item.extra["factor:kind"], item.extra["factor:colour"])


def test_values_are_equally_likely_and_factors_independent():
    truth = World(n=4000).factors()
    for position, values in enumerate(FACTORS.values()):
        shares = np.bincount(truth[:, position], minlength=len(values)) / len(truth)
        assert np.abs(shares * len(values) - 1).max() < 0.25
    assert np.abs(np.corrcoef(truth.T) - np.eye(len(FACTORS))).max() < 0.06


# Independence and determinism -----------------------------------------------------------------------------------------


def test_an_item_depends_on_seed_and_number_only():
    small, large = World(n=3, seed=7), World(n=1000, seed=7)
    assert list(small.records(no_progress)) == [large.item(index) for index in range(3)]
    assert World(n=3, seed=8).item(0).files != small.item(0).files


def test_items_that_show_the_same_differ_a_little():
    world = World(n=2, shares=NOTHING)
    one, other = world.item(0), world.item(1)
    pictures = [np.asarray(opened(item.files[IMAGE])).astype(float) for item in (one, other)]
    assert 0 < np.abs(pictures[0] - pictures[1]).mean() < 5
    assert np.abs(samples_of(one) - samples_of(other)).mean() > 0
    assert one.text == other.text == "A thing."


@pytest.mark.parametrize(
    ("shares", "counts"),
    [(EVERYTHING, [6, 6, 6]), (NOTHING, [0, 0, 0]), ({TEXT: 0.5, IMAGE: 0.5}, [3, 3]), ({AUDIO: 1 / 3}, [2])],
)
def test_each_modality_carries_its_share(shares, counts):
    assert [len(names) for names in World(shares=shares).carried.values()] == counts


def test_modalities_overlap_only_as_far_as_they_must():
    carried = World(shares={TEXT: 0.5, IMAGE: 0.5}).carried
    assert set(carried[TEXT]) | set(carried[IMAGE]) == set(FACTORS)
    carried = World(shares={TEXT: 0.5, IMAGE: 1.0}).carried
    assert set(carried[TEXT]) < set(carried[IMAGE])


def test_carrying_more_in_one_modality_does_not_change_another():
    full, half = World(n=5, shares=EVERYTHING), World(n=5, shares={**EVERYTHING, TEXT: 0.5})
    assert [half.item(i).files[IMAGE] for i in range(5)] == [full.item(i).files[IMAGE] for i in range(5)]


def test_modalities_go_missing_as_often_as_asked_but_never_all():
    world = World(n=300, shares={TEXT: 0.5, IMAGE: 0.5}, missing=0.5)
    items = list(world.records(no_progress))
    has_text = np.array([item.text is not None for item in items])
    has_picture = np.array([IMAGE in item.files for item in items])
    assert (has_text | has_picture).all()
    # Both missing has probability 1/4 and brings one of the two back.
    assert 0.5 < has_text.mean() < 0.75
    assert 0.5 < has_picture.mean() < 0.75
    assert not (has_text & has_picture).all()


@pytest.mark.parametrize(
    "arguments",
    [{"n": 0}, {"seed": -1}, {"shares": {}}, {"shares": {TEXT: 1.5}}, {"shares": {"video": 1}}, {"missing": 1.0}],
    ids=str,
)
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(CatalogError, match="world of"):
        World(**arguments)


def test_a_world_is_imported_whole_and_labelled_as_generated(tmp_path):
    report, items, workspace = imported(open_source("world", n=6, seed=3), tmp_path)
    assert (report.read, report.kept, report.skipped, report.duplicates) == (6, 6, (), ())
    assert all(set(item.media) == {TEXT, IMAGE, AUDIO} for item in items.values())
    assert workspace.read_catalog().source.synthetic
