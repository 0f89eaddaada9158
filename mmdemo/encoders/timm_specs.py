"""The timm entry of the table of encoders."""

from mmdemo.encoders.base import Encoder, EncoderSpec, LoadSettings
from mmdemo.encoders.timm_files import find_timm
from mmdemo.types import Modality


def _load(settings: LoadSettings) -> Encoder:
    files = find_timm(settings.source, family="timm", meanwhile="efficientnet-lite0", progress=settings.progress)

    from mmdemo.encoders.timm_image import TimmImage

    return TimmImage(files, device=settings.device)


TIMM_SPECS = (
    EncoderSpec(
        name="timm",
        modality=Modality.IMAGE,
        dim=None,
        summary="Any of timm's more than 1,000 picture networks, with its classes where it has them. "
        "The default, a ResNet-50, downloads 102 MB once.",
        licence="Apache-2.0 for the default model; others as their repository says",
        weights=(),
        load=_load,
        source="name of a timm model (resnet50.a1_in1k), a hub repository, or a folder",
        default_source="resnet50.a1_in1k",
        origin="hub",
    ),
)
