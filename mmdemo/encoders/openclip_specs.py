"""The OpenCLIP entries of the table of encoders."""

from mmdemo.encoders.base import Encoder, EncoderSpec, LoadSettings
from mmdemo.encoders.openclip_files import OPENCLIP_DEFAULT, find_openclip
from mmdemo.types import Modality


def _text(settings: LoadSettings) -> Encoder:
    files = find_openclip(settings.source, family="openclip-text", meanwhile="minilm", progress=settings.progress)

    from mmdemo.encoders.openclip_text import OpenClipText

    return OpenClipText(files, device=settings.device)


def _image(settings: LoadSettings) -> Encoder:
    files = find_openclip(
        settings.source, family="openclip-image", meanwhile="efficientnet-lite0", progress=settings.progress
    )

    from mmdemo.encoders.openclip_image import OpenClipImage

    return OpenClipImage(files, device=settings.device)


_SOURCE = "model and tag of OpenCLIP's list (ViT-B-16/laion2b_s34b_b88k), a hub repository, or a folder"
_LICENCE = "MIT for the default model; others as their repository says"
_SIZE = "Downloads 605 MB once, for text and pictures together."

OPENCLIP_SPECS = (
    EncoderSpec(
        name="openclip-text",
        modality=Modality.TEXT,
        dim=None,
        summary=f"OpenCLIP: texts in one space with pictures, no training needed; best in English. {_SIZE}",
        licence=_LICENCE,
        weights=(),
        load=_text,
        source=_SOURCE,
        default_source=OPENCLIP_DEFAULT,
        origin="hub",
    ),
    EncoderSpec(
        name="openclip-image",
        modality=Modality.IMAGE,
        dim=None,
        summary=f"OpenCLIP: pictures in one space with texts, no training needed. {_SIZE}",
        licence=_LICENCE,
        weights=(),
        load=_image,
        source=_SOURCE,
        default_source=OPENCLIP_DEFAULT,
        origin="hub",
        twin="openclip-text",
    ),
)
