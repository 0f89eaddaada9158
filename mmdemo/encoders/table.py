"""The table of encoders. To add one, write its file, a factory here that imports it, and an entry."""

from collections.abc import Mapping
from pathlib import Path

from mmdemo.encoders.base import Encoder, EncoderSpec, LoadSettings
from mmdemo.encoders.hf_specs import HF_SPECS
from mmdemo.encoders.openclip_specs import OPENCLIP_SPECS
from mmdemo.encoders.timm_specs import TIMM_SPECS
from mmdemo.types import Modality
from mmdemo.weights import WEIGHTS, fetch


def _minilm(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.minilm import MiniLM

    folder = fetch("minilm", progress=settings.progress)
    return MiniLM(folder, weights_sha256=_digest("minilm"), device=settings.device)


def _efficientnet_lite0(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.efficientnet_lite import EfficientNetLite

    folder = fetch("efficientnet-lite0", progress=settings.progress)
    return EfficientNetLite(folder, weights_sha256=_digest("efficientnet-lite0"), device=settings.device)


def _aisfx(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.aisfx import AiSFX

    folder = fetch("aisfx", progress=settings.progress)
    return AiSFX(folder, weights_sha256=_digest("aisfx"), device=settings.device)


def _musicnn(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.musicnn import Musicnn

    folder = fetch("musicnn", progress=settings.progress)
    return Musicnn(folder, weights_sha256=_digest("musicnn"), device=settings.device)


def _static_words(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.static_word_files import read_word_vectors
    from mmdemo.encoders.static_word_tables import minilm_table
    from mmdemo.encoders.static_words import StaticWords

    if settings.source == "minilm":
        return StaticWords(minilm_table(fetch("minilm", progress=settings.progress), sha256=_digest("minilm")))
    return StaticWords(read_word_vectors(settings.source, progress=settings.progress))


def _video_frames(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders import load
    from mmdemo.encoders.video_frames import VideoFrames

    return VideoFrames(load(settings.source, device=settings.device, progress=settings.progress))


def _video_frames_attention(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders import load
    from mmdemo.encoders.video_frames_attention import VideoFramesAttention

    return VideoFramesAttention(load(settings.source, device=settings.device, progress=settings.progress))


def _video_3d(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.video_3d import Video3d
    from mmdemo.encoders.video_3d_models import find_model

    return Video3d(find_model(settings.source, progress=settings.progress), device=settings.device)


def _cnn(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.trainable_image import TrainedCnn

    return TrainedCnn(Path(settings.source), device=settings.device)


def _lstm_audio(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.trainable_audio import TrainedLstm

    return TrainedLstm(Path(settings.source), device=settings.device)


def _attention_audio(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.trainable_audio import TrainedAttention

    return TrainedAttention(Path(settings.source), device=settings.device)


def _digest(weight: str) -> str:
    """SHA-256 of the file that holds a weight's numbers, by convention its first."""
    return WEIGHTS[weight].files[0].sha256


_TRAINED_FOLDER = "folder that `mmdemo tune` made"
_YOURS = "yours, as far as the media it was trained on allow"

_SPECS = (
    EncoderSpec(
        name="minilm",
        modality=Modality.TEXT,
        dim=384,
        summary="MiniLM-L6: sentence vectors; best in English.",
        licence=WEIGHTS["minilm"].licence,
        weights=("minilm",),
        load=_minilm,
    ),
    EncoderSpec(
        name="static-words",
        modality=Modality.TEXT,
        dim=None,
        summary="Static word vectors, weighted by rarity and averaged; word order is not looked at.",
        licence=WEIGHTS["minilm"].licence,
        weights=("minilm",),
        load=_static_words,
        source="file of word vectors in GloVe's or word2vec's text format, or minilm for its word pieces",
        default_source="minilm",
    ),
    EncoderSpec(
        name="efficientnet-lite0",
        modality=Modality.IMAGE,
        dim=1280,
        summary="EfficientNet-Lite0: picture features and the 1000 ImageNet classes.",
        licence=WEIGHTS["efficientnet-lite0"].licence,
        weights=("efficientnet-lite0",),
        load=_efficientnet_lite0,
    ),
    EncoderSpec(
        name="aisfx",
        modality=Modality.AUDIO,
        dim=512,
        summary="aiSFX: features of sound effects; it has no words for what it hears.",
        licence=WEIGHTS["aisfx"].licence,
        weights=("aisfx",),
        load=_aisfx,
    ),
    EncoderSpec(
        name="musicnn",
        modality=Modality.AUDIO,
        dim=200,
        summary="musicnn: features of music and 50 music tags.",
        licence=WEIGHTS["musicnn"].licence,
        weights=("musicnn",),
        load=_musicnn,
    ),
    EncoderSpec(
        name="video-frames",
        modality=Modality.VIDEO,
        dim=None,
        summary="The mean of an image encoder over a clip's frames; sound and motion are not looked at.",
        licence="as the image encoder's",
        weights=(),
        load=_video_frames,
        source="name of an image encoder",
        default_source="efficientnet-lite0",
        origin="built",
    ),
    EncoderSpec(
        name="video-frames-attention",
        modality=Modality.VIDEO,
        dim=None,
        summary="An image encoder over a clip's frames; those unlike the rest, as in cuts, count less.",
        licence="as the image encoder's",
        weights=(),
        load=_video_frames_attention,
        source="name of an image encoder",
        default_source="efficientnet-lite0",
        origin="built",
    ),
    EncoderSpec(
        name="video-3d",
        modality=Modality.VIDEO,
        dim=None,
        summary="torchvision's networks over space and time: they see motion, and name 400 human actions.",
        licence="BSD-3-Clause, trained on Kinetics-400",
        weights=(),
        load=_video_3d,
        source="torchvision video model, a weights file or folder of one, or MODEL=PATH",
        default_source="r3d_18",
        origin="hub",
    ),
    EncoderSpec(
        name="cnn",
        modality=Modality.IMAGE,
        dim=None,
        summary="A small CNN that you trained on your pictures' tags or texts.",
        licence=_YOURS,
        weights=(),
        load=_cnn,
        source=_TRAINED_FOLDER,
        origin="trained",
    ),
    EncoderSpec(
        name="lstm-audio",
        modality=Modality.AUDIO,
        dim=None,
        summary="A small LSTM that you trained on your sounds' tags or texts.",
        licence=_YOURS,
        weights=(),
        load=_lstm_audio,
        source=_TRAINED_FOLDER,
        origin="trained",
    ),
    EncoderSpec(
        name="attention-audio",
        modality=Modality.AUDIO,
        dim=None,
        summary="A small Transformer that you trained on your sounds' tags or texts.",
        licence=_YOURS,
        weights=(),
        load=_attention_audio,
        source=_TRAINED_FOLDER,
        origin="trained",
    ),
    *HF_SPECS,
    *OPENCLIP_SPECS,
    *TIMM_SPECS,
)

ENCODERS: Mapping[str, EncoderSpec] = {spec.name: spec for spec in _SPECS}
"""Every family of encoders by its name."""

DEFAULTS: Mapping[Modality, str] = {
    Modality.TEXT: "minilm",
    Modality.IMAGE: "efficientnet-lite0",
    Modality.AUDIO: "aisfx+musicnn",
    Modality.VIDEO: "video-frames",
}
"""What a catalogue is indexed with where nothing is chosen; all of it works offline."""
