import numpy as np
import pytest
from encoder_samples import clip
from PIL import Image

from mmdemo.encoders import Inside, complete, find
from mmdemo.encoders.media_encoder import MediaEncoder
from mmdemo.encoders.video_frames import VideoFrames, frame_pictures
from mmdemo.encoders.video_frames_attention import VideoFramesAttention
from mmdemo.errors import MediaError
from mmdemo.types import Frames, Modality, Video


class MeanColour(MediaEncoder):
    """An image encoder that can be checked by hand."""

    name = "mean-colour"
    modality = Modality.IMAGE
    dim = 3
    key = "mean-colour/1"
    class_names = ("red",)
    parts = (slice(0, 3),)

    def _prepare(self, piece):
        return np.asarray(piece, np.float32)

    def encode_prepared(self, prepared):
        return np.array([pixels.mean((0, 1)) for pixels in prepared], np.float32)

    def inspect(self, piece, *, attention=False):
        return (Inside("patch", ("all",), np.array([[0, 0, 1, 1]], np.float32), self.encode([piece])),)

    def class_probabilities(self, features):
        return features[:, :1] / 255


def flat(*colours, fps=1.0):
    return Video(Frames(np.array([np.full((4, 6, 3), colour) for colour in colours], np.uint8), fps=fps))


both = pytest.mark.parametrize("pooling", [VideoFrames, VideoFramesAttention])


def test_features_are_the_mean_over_the_frames():
    encoder = VideoFrames(MeanColour())
    features = encoder.encode([flat((255, 0, 0), (0, 0, 100)), flat((10, 20, 30))])
    np.testing.assert_allclose(features, [[127.5, 0, 50], [10, 20, 30]])
    np.testing.assert_allclose(encoder.class_probabilities(features), [[0.5], [10 / 255]])


@both
def test_a_video_without_frames_is_refused(pooling):
    with pytest.raises(MediaError, match="no frames"):
        pooling(MeanColour()).encode([Video(Frames(np.zeros((0, 4, 4, 3), np.uint8), fps=1.0))])


def test_the_key_changes_with_the_image_encoder_and_with_the_pooling():
    other = MeanColour()
    other.key = "mean-colour/2"
    keys = {pooling(image).key for pooling in (VideoFrames, VideoFramesAttention) for image in (other, MeanColour())}
    assert len(keys) == 4


@both
def test_the_frames_are_the_parts(pooling):
    (inside,) = pooling(MeanColour()).inspect(flat((255, 0, 0), (0, 0, 100), fps=2.0))
    assert (inside.unit, inside.labels) == ("frame", ("frame 1, at 0.2 s", "frame 2, at 0.8 s"))
    np.testing.assert_array_equal(inside.places, [[0, np.nan, np.nan, np.nan], [1, np.nan, np.nan, np.nan]])
    np.testing.assert_allclose(inside.features, [[255, 0, 0], [0, 0, 100]])
    assert inside.attention == ()


def test_attention_passes_over_an_outlier():
    """Three reddish frames and a blue one, as a cut leaves: the mean is a quarter blue, the attention hardly."""
    video = flat((250, 10, 0), (240, 0, 0), (245, 5, 5), (0, 0, 250))
    mean, attended = (pooling(MeanColour()).encode([video])[0] for pooling in (VideoFrames, VideoFramesAttention))
    assert mean[2] > 60
    assert attended[2] < 10
    assert attended[0] == pytest.approx(245, abs=10)


def test_attention_on_equal_frames_is_the_mean():
    video = flat((10, 20, 30), (10, 20, 30), (10, 20, 30))
    np.testing.assert_allclose(VideoFramesAttention(MeanColour()).encode([video]), [[10, 20, 30]], rtol=1e-6)


def test_attention_scales_each_networks_columns_by_itself():
    """Were the columns compared as they come, the large first one would hide that the second frame is the odd one."""
    image = MeanColour()
    image.parts = (slice(0, 1), slice(1, 3))
    video = flat((250, 1, 0), (250, 0, 1), (250, 1, 0), (250, 1, 0))
    (inside,) = VideoFramesAttention(image).inspect(video, attention=True)
    weights = inside.attention[0][0, 0]
    assert weights.argmin() == 1
    assert weights[1] < 0.1 * weights[0]


def test_the_attention_that_is_shown_is_the_one_that_was_used():
    video = flat((250, 10, 0), (240, 0, 0), (0, 0, 250))
    encoder = VideoFramesAttention(MeanColour())
    (inside,) = encoder.inspect(video, attention=True)
    (layer,) = inside.attention
    assert layer.shape == (1, 3, 3)
    np.testing.assert_allclose(layer.sum(axis=-1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(layer[0, 0] @ inside.features, encoder.encode([video])[0], rtol=1e-5)


def test_a_frame_can_be_looked_into():
    encoder = VideoFrames(MeanColour())
    seen = [encoder.image_encoder.inspect(frame)[0] for frame in frame_pictures(flat((250, 10, 0), (0, 0, 250)))]
    np.testing.assert_allclose([inside.features[0] for inside in seen], [[250, 10, 0], [0, 0, 250]])


def test_frames_go_through_the_image_encoder_in_use():
    chosen = {Modality.IMAGE: "efficientnet-lite0", Modality.VIDEO: "video-frames-attention"}
    assert complete(chosen)[Modality.VIDEO] == "video-frames-attention"
    named = find("video-frames-attention:efficientnet-lite0", modality=Modality.VIDEO)
    assert (named.dim, named.weights) == (1280, ("efficientnet-lite0",))


@pytest.mark.weights
@pytest.mark.parametrize("family", ["video-frames", "video-frames-attention"])
def test_a_still_video_equals_its_picture(real_encoder, family):
    video = clip(1, 4)
    still = Image.fromarray(video.frames.pixels[0])
    np.testing.assert_allclose(
        real_encoder(family).encode([video]), real_encoder("efficientnet-lite0").encode([still]), rtol=1e-5, atol=1e-5
    )
