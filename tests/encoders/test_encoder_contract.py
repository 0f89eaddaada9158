"""What every entry of the table must do."""

import threading

import numpy as np
import pytest
from encoder_samples import SAMPLES

from mmdemo.encoders import DEFAULTS, ENCODERS, find
from mmdemo.errors import MediaError
from mmdemo.types import Modality
from mmdemo.weights import WEIGHTS

EVERY = (*ENCODERS, "aisfx+musicnn")
every_encoder = pytest.mark.parametrize("name", EVERY)


@pytest.mark.weights
@every_encoder
class TestContract:
    def test_says_what_the_table_says(self, real_encoder, name):
        encoder = real_encoder(name)
        spec = find(encoder.name)
        assert (encoder.name, encoder.modality) == (spec.name, spec.modality)
        assert spec.dim in (None, encoder.dim)

    def test_features_are_finite_and_depend_on_the_media(self, real_encoder, name):
        encoder = real_encoder(name)
        media = SAMPLES[encoder.modality]
        features = encoder.encode(media)
        assert features.shape == (len(media), encoder.dim)
        assert features.dtype == np.float32
        assert np.isfinite(features).all()
        unit = features / np.linalg.norm(features, axis=1, keepdims=True)
        assert (unit @ unit.T)[~np.eye(len(media), dtype=bool)].max() < 0.999

    def test_a_batch_equals_one_by_one_in_any_order(self, real_encoder, name):
        encoder = real_encoder(name)
        media = SAMPLES[encoder.modality]
        together = encoder.encode(media[::-1])[::-1]
        alone = np.concatenate([encoder.encode([piece]) for piece in media])
        np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)

    def test_the_same_media_give_the_same_bits(self, real_encoder, name):
        encoder = real_encoder(name)
        media = SAMPLES[encoder.modality][:1]
        np.testing.assert_array_equal(encoder.encode(media), encoder.encode(media))

    def test_threads_do_not_disturb_each_other(self, real_encoder, name):
        encoder = real_encoder(name)
        media = SAMPLES[encoder.modality][:2]
        expected = [encoder.encode([piece]) for piece in media]
        found: dict[int, np.ndarray] = {}

        def run(number: int) -> None:
            found[number] = encoder.encode([media[number % 2]])

        threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(4):
            np.testing.assert_array_equal(found[number], expected[number % 2])

    def test_no_media_give_no_rows(self, real_encoder, name):
        encoder = real_encoder(name)
        assert encoder.encode([]).shape == (0, encoder.dim)
        assert encoder.encode([]).dtype == np.float32

    def test_media_of_another_modality_are_refused(self, real_encoder, name):
        encoder = real_encoder(name)
        for modality in set(Modality) - {encoder.modality}:
            with pytest.raises(MediaError, match=encoder.modality):
                encoder.encode([SAMPLES[encoder.modality][0], SAMPLES[modality][0]])

    def test_probabilities_are_probabilities_of_the_classes(self, real_encoder, name):
        encoder = real_encoder(name)
        features = encoder.encode(SAMPLES[encoder.modality][:2])
        probabilities = encoder.class_probabilities(features)
        assert probabilities.shape == (2, len(encoder.class_names))
        assert probabilities.dtype == np.float32
        assert ((probabilities >= 0) & (probabilities <= 1)).all()
        assert encoder.class_probabilities(features[:0]).shape == (0, len(encoder.class_names))

    def test_parts_cover_the_columns_in_order(self, real_encoder, name):
        encoder = real_encoder(name)
        columns = [column for part in encoder.parts for column in range(encoder.dim)[part]]
        assert columns == list(range(encoder.dim))

    def test_the_key_names_the_weights(self, real_encoder, name):
        for weight in find(real_encoder(name).name).weights:
            assert WEIGHTS[weight].files[0].sha256[:16] in real_encoder(name).key


def test_every_modality_has_a_default_that_takes_it():
    assert {modality: find(name).modality for modality, name in DEFAULTS.items()} == {
        modality: modality for modality in Modality
    }


@pytest.mark.weights
def test_no_two_encoders_share_a_key(real_encoder):
    keys = {real_encoder(name).key for name in EVERY}
    assert len(keys) == len(EVERY)


@pytest.mark.weights
@every_encoder
class TestInside:
    def test_every_part_has_a_label_a_place_and_a_state(self, real_encoder, name):
        encoder = real_encoder(name)
        for piece in SAMPLES[encoder.modality]:
            windows = encoder.inspect(piece)
            assert windows
            for inside in windows:
                parts = len(inside.labels)
                assert inside.places.shape == (parts, 4)
                assert inside.places.dtype == np.float32
                assert inside.features.shape[0] == parts
                assert inside.features.dtype == np.float32
                assert np.isfinite(inside.features).all()
                assert inside.attention == ()

    def test_attention_rows_are_shares(self, real_encoder, name):
        encoder = real_encoder(name)
        for inside in encoder.inspect(SAMPLES[encoder.modality][0], attention=True):
            for layer in inside.attention:
                heads, looking, looked_at = layer.shape
                assert heads >= 1
                assert looking == looked_at
                np.testing.assert_allclose(layer.sum(-1), 1.0, atol=1e-5)

    def test_looking_inside_changes_no_feature(self, real_encoder, name):
        encoder = real_encoder(name)
        piece = SAMPLES[encoder.modality][0]
        before = encoder.encode([piece])
        encoder.inspect(piece, attention=True)
        np.testing.assert_array_equal(encoder.encode([piece]), before)
