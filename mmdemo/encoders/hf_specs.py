"""The entries of the table of encoders that the transformers library runs: any text encoder, CLAP."""

from mmdemo.encoders.base import Encoder, EncoderSpec, LoadSettings
from mmdemo.types import Modality


def _hf_text(settings: LoadSettings) -> Encoder:
    from mmdemo.encoders.hf_text import HfText

    return HfText(settings)


HF_SPECS = (
    EncoderSpec(
        name="hf-text",
        modality=Modality.TEXT,
        dim=None,
        summary="Any text Transformer of the Hugging Face hub, with the pooling that it declares.",
        licence="as its repository says",
        weights=(),
        load=_hf_text,
        source="repository of the Hugging Face hub (OWNER/NAME, or OWNER/NAME@REVISION) or folder in its format",
        origin="hub",
    ),
)
