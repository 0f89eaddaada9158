"""The entries of the table of encoders that the transformers library runs: any text encoder, CLAP."""

from mmdemo.encoders.base import Encoder, EncoderSpec, LoadSettings
from mmdemo.encoders.clap_files import CLAP_DEFAULT
from mmdemo.types import Modality


def _hf_text(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.hf_text import HfText

    return HfText(settings)


def _clap_text(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.clap_text import ClapText

    return ClapText(settings)


def _clap_audio(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.clap_audio import ClapAudio

    return ClapAudio(settings)


_REPOSITORY = "repository of the Hugging Face hub (OWNER/NAME, or OWNER/NAME@REVISION) or folder in its format"
_CLAP_LICENCE = "Apache-2.0 for the default model; others as their repository says"
_CLAP_SIZE = "Downloads 615 MB once, for text and sounds together."

HF_SPECS = (
    EncoderSpec(
        name="hf-text",
        modality=Modality.TEXT,
        dim=None,
        summary="Any text Transformer of the Hugging Face hub, with the pooling that it declares.",
        licence="as its repository says",
        weights=(),
        load=_hf_text,
        source=_REPOSITORY,
        origin="hub",
    ),
    EncoderSpec(
        name="clap-text",
        modality=Modality.TEXT,
        dim=None,
        summary=f"CLAP: texts in one space with sounds, no training needed; best in English. {_CLAP_SIZE}",
        licence=_CLAP_LICENCE,
        weights=(),
        load=_clap_text,
        source=_REPOSITORY,
        default_source=CLAP_DEFAULT,
        origin="hub",
    ),
    EncoderSpec(
        name="clap-audio",
        modality=Modality.AUDIO,
        dim=None,
        summary=f"CLAP: sounds in one space with texts, no training needed. {_CLAP_SIZE}",
        licence=_CLAP_LICENCE,
        weights=(),
        load=_clap_audio,
        source=_REPOSITORY,
        default_source=CLAP_DEFAULT,
        origin="hub",
        twin="clap-text",
    ),
)
