import numpy as np
import pytest
import torch
from encoder_samples import bowed, strokes, tone

from mmdemo.encoders.aisfx import _read_tensors
from mmdemo.encoders.musicnn_network import MusicnnNetwork, musicnn_from_variables
from mmdemo.errors import MediaError
from mmdemo.types import Waveform

both = pytest.mark.parametrize("name", ["aisfx", "musicnn"])


def similarity(left, right):
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


@pytest.mark.weights
@both
class TestClips:
    def test_a_longer_clip_of_the_same_sound_gives_nearly_the_same_vector(self, real_encoder, name):
        short, long, other = real_encoder(name).encode([strokes(6.0), strokes(11.3), bowed(300, 6.0)])
        assert similarity(short, long) > 0.97
        assert similarity(short, long) > similarity(short, other) + 0.05

    def test_the_sample_rate_does_not_matter(self, real_encoder, name):
        high, low = real_encoder(name).encode(
            [bowed(220, 3.0, sample_rate_hz=48_000), bowed(220, 3.0, sample_rate_hz=44_100)]
        )
        assert similarity(high, low) > 0.999

    def test_the_end_of_a_clip_counts(self, real_encoder, name):
        first, last = strokes(8.0), bowed(300, 3.0)
        joined = Waveform(np.concatenate([first.samples, last.samples]), first.sample_rate_hz)
        alone, whole, ending = real_encoder(name).encode([first, joined, last])
        assert similarity(whole, ending) > similarity(alone, ending) + 0.02

    def test_a_very_short_clip_is_refused_and_a_short_one_is_not(self, real_encoder, name):
        encoder = real_encoder(name)
        with pytest.raises(MediaError, match=r"0\.05 s"):
            encoder.encode([tone(440, 0.05)])
        assert np.isfinite(encoder.encode([tone(440, 0.1, sample_rate_hz=8_000)])).all()


@pytest.mark.weights
class TestTags:
    def probabilities(self, encoder, waveform):
        return dict(zip(encoder.class_names, encoder.class_probabilities(encoder.encode([waveform]))[0], strict=True))

    def test_strokes_sound_like_drums_and_a_bowed_tone_like_strings(self, real_encoder):
        encoder = real_encoder("musicnn")
        drum, string = self.probabilities(encoder, strokes(6.0)), self.probabilities(encoder, bowed(330, 6.0))
        assert drum["beat"] + drum["drums"] + drum["techno"] > 0.3
        assert string["violin"] + string["strings"] + string["flute"] > 0.3
        assert drum["drums"] > 3 * string["drums"]
        assert string["violin"] > 3 * drum["violin"]

    def test_the_joined_encoder_gives_the_same_tags(self, real_encoder):
        alone = self.probabilities(real_encoder("musicnn"), strokes(3.0))
        joined = self.probabilities(real_encoder("aisfx+musicnn"), strokes(3.0))
        assert joined == pytest.approx(alone, abs=1e-6)

    def test_there_are_fifty_tags_and_no_two_are_one(self, real_encoder):
        names = real_encoder("musicnn").class_names
        assert len(names) == len(set(names)) == 50


class Forbidden:
    def __reduce__(self):
        return (print, ("this must never run",))


def test_an_aisfx_checkpoint_that_would_run_code_is_refused(tmp_path, capsys):
    path = tmp_path / "checkpoint.pth"
    torch.save(({"embedding_net.conv_block1.bn1.weight": torch.ones(1)}, {"set": Forbidden()}), path)
    with pytest.raises(Exception, match="print"):
        _read_tensors(path)
    assert "never" not in capsys.readouterr().out


def test_an_aisfx_checkpoint_gives_the_embedding_network_alone(tmp_path):
    path = tmp_path / "checkpoint.pth"
    tensors = {"embedding_net.conv_block1.bn1.weight": torch.ones(2), "fc.0.0.bias": torch.zeros(1)}
    torch.save((tensors, {"library": (0, 78)}), path)
    assert {name: t.tolist() for name, t in _read_tensors(path).items()} == {"conv_block1.bn1.weight": [1.0, 1.0]}


def variables_of(network):
    """The variables that a TensorFlow checkpoint of this network would hold."""
    layers = [f"front.{number}" for number in range(5)] + [f"middle.{number}" for number in range(3)]
    norms = ["input_norm", *(f"{layer}.norm" for layer in layers), "pooled_norm", "dense_norm"]
    tensors = network.state_dict()
    variables = {"dense/kernel": tensors["dense.weight"].T.numpy(), "dense/bias": tensors["dense.bias"].numpy()}
    for number, layer in enumerate(layers):
        scope = f"conv2d_{number}" if number else "conv2d"
        weight = tensors[f"{layer}.conv.weight"]
        if weight.dim() == 3:
            weight = weight.transpose(1, 2).unsqueeze(1)
        variables[f"{scope}/kernel"] = weight.permute(2, 3, 1, 0).numpy()
        variables[f"{scope}/bias"] = tensors[f"{layer}.conv.bias"].numpy()
    for number, norm in enumerate(norms):
        scope = f"batch_normalization_{number}" if number else "batch_normalization"
        for ours, theirs in (("weight", "gamma"), ("bias", "beta"), ("running_mean", "moving_mean")):
            variables[f"{scope}/{theirs}"] = tensors[f"{norm}.{ours}"].numpy()
        variables[f"{scope}/moving_variance"] = tensors[f"{norm}.running_var"].numpy()
    return variables


def test_musicnn_variables_reach_their_layers():
    torch.manual_seed(0)
    network = MusicnnNetwork().eval()
    for parameter in network.state_dict().values():
        if parameter.is_floating_point():
            parameter.uniform_(0.1, 1.0)
    variables = variables_of(network)
    assert variables["conv2d/kernel"].shape == (7, 38, 1, 204)
    assert variables["conv2d_5/kernel"].shape == (7, 561, 1, 64)
    loaded = musicnn_from_variables(variables)
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name


def test_musicnn_variables_of_another_shape_are_refused():
    variables = variables_of(MusicnnNetwork())
    variables["dense/bias"] = variables["dense/bias"][:1]
    with pytest.raises(RuntimeError, match=r"dense\.bias"):
        musicnn_from_variables(variables)


def test_musicnn_pools_maximum_and_mean_of_each_channel_side_by_side():
    """The tag layer was trained on channel 0's maximum, channel 0's mean, channel 1's maximum, ..."""
    network = MusicnnNetwork().eval()
    seen = {}
    network.pooled_norm.register_forward_pre_hook(lambda _, inputs: seen.update(pooled=inputs[0]))
    network.front[0].register_forward_hook(lambda _, __, output: seen.update(front=output))
    with torch.inference_mode():
        network(torch.rand(1, 187, 96))
    np.testing.assert_allclose(seen["pooled"][0, 0], seen["front"][0, 0].max())
    np.testing.assert_allclose(seen["pooled"][0, 1], seen["front"][0, 0].mean(), rtol=1e-5)


@pytest.mark.weights
class TestCells:
    def test_aisfx_pools_its_cells_over_frequency_then_time(self, real_encoder):
        encoder = real_encoder("aisfx")
        sound = strokes(2.0)
        (inside,) = encoder.inspect(sound)
        cells = inside.features.reshape(12, 12, 512)
        np.testing.assert_allclose(cells.mean(1).max(0), encoder.encode([sound])[0], rtol=1e-4, atol=1e-4)

    @pytest.mark.parametrize("name", ["aisfx", "musicnn"])
    def test_cells_cover_the_sound_from_its_start_to_its_end(self, real_encoder, name):
        sound = strokes(7.0)
        places = np.concatenate([inside.places for inside in real_encoder(name).inspect(sound)])
        assert np.nanmin(places[:, 0]) == 0.0
        assert np.nanmax(places[:, 1]) == pytest.approx(7.0, abs=0.05)
        assert (places[:, 1] > places[:, 0])[~np.isnan(places[:, 0])].all()
        assert np.nanmin(places[:, 2]) == 0.0
        assert np.nanmax(places[:, 3]) == pytest.approx(real_encoder(name).sample_rate_hz / 2)

    def test_filling_stands_for_no_place(self, real_encoder):
        (inside,) = real_encoder("aisfx").inspect(strokes(0.5))
        heard = ~np.isnan(inside.places[:, 0])
        assert 0 < heard.mean() < 0.5
        assert inside.labels[-1] == "filling"
