"""What CLAP's towers show of their inside."""

import numpy as np
import pytest
import torch
from encoder_samples import strokes, tone
from tiny_transformers import tiny_clap

from mmdemo.encoders import load
from mmdemo.encoders.clap_map import between_cells, cells_of_square, edges_hz

TEXTS = ["a red fox in the snow", "rain", "the sound of a dog"]
RATE = 48_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("clap")
    tiny_clap(path)
    return path


def load_from(family, folder):
    return load(f"{family}:{folder}", device="cpu")


def library(folder):
    from transformers import ClapModel

    return ClapModel.from_pretrained(folder).eval()


def mel_of(folder, waveform):
    from transformers import ClapFeatureExtractor

    extractor = ClapFeatureExtractor.from_pretrained(folder)
    return extractor(waveform.samples, sampling_rate=RATE, return_tensors="pt")["input_features"]


class TestInsideText:
    def test_attention_is_the_librarys_own(self, folder):
        from transformers import AutoTokenizer

        inputs = AutoTokenizer.from_pretrained(folder)(TEXTS[0], return_tensors="pt")
        model = library(folder)
        model.set_attn_implementation("eager")
        with torch.inference_mode():
            expected = model.text_model(**inputs, output_attentions=True)
        (inside,) = load_from("clap-text", folder).inspect(TEXTS[0], attention=True)
        np.testing.assert_allclose(inside.features, expected.last_hidden_state[0], rtol=1e-5, atol=1e-5)
        assert len(inside.attention) == len(expected.attentions) == 2
        for found, layer in zip(inside.attention, expected.attentions, strict=True):
            np.testing.assert_allclose(found, layer[0], rtol=1e-5, atol=1e-5)

    def test_tokens_say_where_they_stand(self, folder):
        (inside,) = load_from("clap-text", folder).inspect(TEXTS[0])
        spans = inside.places[1:-1, :2].astype(int)
        assert "".join(TEXTS[0][start:end] for start, end in spans) == TEXTS[0].replace(" ", "")
        assert np.isnan(inside.places[[0, -1]]).all()


class TestInsideAudio:
    def test_the_mean_of_the_cells_is_what_is_projected(self, folder):
        encoder = load_from("clap-audio", folder)
        sound = strokes(10.0, sample_rate_hz=RATE)
        (inside,) = encoder.inspect(sound)
        with torch.inference_mode():
            vector = encoder.network.projection(torch.from_numpy(inside.features.mean(0)[None]))
        found = vector / vector.norm()
        np.testing.assert_allclose(found, encoder.encode([sound]), rtol=1e-5, atol=1e-5)

    def test_cells_cover_a_long_sound_and_filling_stands_for_no_place(self, folder):
        encoder = load_from("clap-audio", folder)
        windows = encoder.inspect(strokes(25.0, sample_rate_hz=RATE))
        assert [float(inside.places[0, 0]) for inside in windows] == [0.0, 10.0, 15.0]
        assert [float(inside.places[-1, 1]) for inside in windows] == [10.0, 20.0, 25.0]
        assert windows[0].places[:, 2].min() == 50
        assert windows[0].places[:, 3].max() == 14_000
        (short,) = encoder.inspect(tone(440, 2.6, sample_rate_hz=RATE))
        heard = ~np.isnan(short.places[:, 0])
        assert heard.mean() == pytest.approx(0.28125)  # 9 of 32 times begin before 2.6 s
        assert np.nanmax(short.places[:, 1]) == pytest.approx(2.6)
        assert short.labels[-1] == "filling"

    def test_a_moment_and_a_band_move_their_own_cell(self, folder):
        """The layout of pieces below each other is undone: what happens at 7 s is seen at 7 s."""
        from transformers.models.clap.modeling_clap import ClapAudioEncoder

        encoder = load_from("clap-audio", folder).network.backbone.audio_encoder
        assert isinstance(encoder, ClapAudioEncoder)
        mel = torch.zeros(1, 1, 256, 16)
        mel[0, 0, 180:184, 4:8] = 1.0
        square = encoder.reshape_mel2img(mel)[0, 0].numpy()
        blocks = square.reshape(8, 8, 8, 8).sum((1, 3))  # what falls into each place of the last map
        cells = np.zeros(64)
        cells[cells_of_square(8, 4).ravel()] = blocks.ravel()
        time, band = np.unravel_index(cells.argmax(), (32, 2))
        assert (time, band) == (180 // 8, 0)
        assert cells.sum() == pytest.approx(16.0)

    def test_states_stand_in_the_order_of_the_cells(self, folder):
        encoder = load_from("clap-audio", folder)
        sound = strokes(10.0, sample_rate_hz=RATE)
        seen = []
        norm = encoder.network.backbone.audio_encoder.norm
        hook = norm.register_forward_hook(lambda module, inputs, output: seen.append(output[0].numpy()))
        (inside,) = encoder.inspect(sound)
        hook.remove()
        np.testing.assert_array_equal(inside.features[cells_of_square(8, 4).ravel()], seen[0])

    def test_attention_of_the_last_stage_is_the_librarys_own(self, folder):
        sound = strokes(10.0, sample_rate_hz=RATE)
        (inside,) = load_from("clap-audio", folder).inspect(sound, attention=True)
        model = library(folder).audio_model
        with torch.inference_mode():
            expected = model(input_features=mel_of(folder, sound), output_attentions=True).attentions
        assert [layer.shape for layer in inside.attention] == [(2, 64, 64)] * 2 + [(4, 64, 64)] * 2
        order = cells_of_square(8, 4).ravel()
        found = inside.attention[3][:, order][:, :, order]
        np.testing.assert_allclose(found, expected[-1][0], rtol=1e-5, atol=1e-5)

    def test_attention_of_earlier_stages_is_summed_over_cells(self, folder):
        """Against an obvious loop over the shifted windows of the library's own attention."""
        sound = strokes(10.0, sample_rate_hz=RATE)
        (inside,) = load_from("clap-audio", folder).inspect(sound, attention=True)
        model = library(folder).audio_model
        with torch.inference_mode():
            weights = model(input_features=mel_of(folder, sound), output_attentions=True).attentions[0].numpy()
        cells = cells_of_square(8, 4)
        expected = np.zeros((2, 64, 64))
        for window in range(4):
            top, left = window // 2 * 8, window % 2 * 8
            places = [((top + n // 8 + 4) % 16, (left + n % 8 + 4) % 16) for n in range(64)]
            owners = [cells[row // 2, column // 2] for row, column in places]
            for looking in range(64):
                for seen in range(64):
                    expected[:, owners[looking], owners[seen]] += weights[window, :, looking, seen] / 4
        np.testing.assert_allclose(inside.attention[1], expected, rtol=1e-5, atol=1e-6)

    def test_looking_leaves_no_hook_behind(self, folder):
        encoder = load_from("clap-audio", folder)
        encoder.inspect(tone(440, 1.0), attention=True)
        assert not any(module._forward_hooks for module in encoder.network.modules())

    def test_uniform_attention_within_windows_stays_within_them(self):
        cells = cells_of_square(2, 1)
        weights = np.full((4, 1, 4, 4), 0.25, np.float32)
        np.testing.assert_allclose(between_cells(weights, cells, side=4, window=2, shift=0), np.eye(4)[None])
        moved = between_cells(weights, cells, side=4, window=2, shift=1)
        np.testing.assert_allclose(moved, np.full((1, 4, 4), 0.25))

    @pytest.mark.parametrize("htk", [True, False])
    def test_bounds_in_hz_rise_from_the_lowest_to_the_highest(self, htk):
        edges = edges_hz(64, 2, low_hz=50, high_hz=14_000, htk=htk)
        assert edges[0] == 50
        assert 1_500 < edges[1] < 4_000
        assert edges[2] == 14_000
