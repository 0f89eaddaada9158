import numpy as np
import pytest
from encoder_samples import clip
from PIL import Image

from mmdemo.encoders.media_encoder import MediaEncoder
from mmdemo.encoders.video_frames import VideoFrames
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

    def class_probabilities(self, features):
        return features[:, :1] / 255


def flat(*colours):
    return Video(Frames(np.array([np.full((4, 6, 3), colour) for colour in colours], np.uint8), fps=1.0))


def test_features_are_the_mean_over_the_frames():
    encoder = VideoFrames(MeanColour())
    features = encoder.encode([flat((255, 0, 0), (0, 0, 100)), flat((10, 20, 30))])
    np.testing.assert_allclose(features, [[127.5, 0, 50], [10, 20, 30]])
    np.testing.assert_allclose(encoder.class_probabilities(features), [[0.5], [10 / 255]])


def test_a_video_without_frames_is_refused():
    with pytest.raises(MediaError, match="no frames"):
        VideoFrames(MeanColour()).encode([Video(Frames(np.zeros((0, 4, 4, 3), np.uint8), fps=1.0))])


def test_the_key_changes_with_the_image_encoder():
    other = MeanColour()
    other.key = "mean-colour/2"
    assert VideoFrames(other).key != VideoFrames(MeanColour()).key


@pytest.mark.weights
def test_a_still_video_equals_its_picture(real_encoder):
    video = clip(1, 4)
    still = Image.fromarray(video.frames.pixels[0])
    np.testing.assert_allclose(
        real_encoder("video-frames").encode([video]),
        real_encoder("efficientnet-lite0").encode([still]),
        rtol=1e-5,
        atol=1e-5,
    )
