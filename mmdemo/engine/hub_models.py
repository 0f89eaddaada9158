"""The models worth fetching where a model hub can be reached: OpenCLIP and CLAP."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mmdemo.encoders import ENCODERS, find, load
from mmdemo.engine.encoder_files import Files, files_of
from mmdemo.progress import Progress, silent
from mmdemo.types import Modality
from mmdemo.weights.hub import download_bytes, hub_answers


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model of a hub.

    Args:
        title: What people call it.
        encoders: Names of the encoders it gives, by modality.
        repository: Where it lies on the hub.
        files: What is needed of it besides the weights.
        weights: Its weights file; of several, the first that exists.
        usual_bytes: Size of the download when this was written; the hub's own answer goes first.
    """

    title: str
    encoders: Mapping[Modality, str]
    repository: str
    files: tuple[str, ...]
    weights: tuple[str, ...]
    usual_bytes: int

    @property
    def licence(self) -> str:
        """Licence of its weights."""
        return find(next(iter(self.encoders.values()))).licence

    @property
    def is_here(self) -> bool:
        """Whether it has been fetched; asks no network."""
        return all(files_of(name, modality) is Files.HERE for modality, name in self.encoders.items())


HUB_MODELS = (
    HubModel(
        title="OpenCLIP",
        encoders={Modality.TEXT: "openclip-text", Modality.IMAGE: "openclip-image"},
        repository="laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        files=("open_clip_config.json",),
        weights=("open_clip_model.safetensors", "open_clip_pytorch_model.bin"),
        usual_bytes=605_000_000,
    ),
    HubModel(
        title="CLAP",
        encoders={Modality.AUDIO: "clap-audio"},
        repository="laion/clap-htsat-unfused",
        files=("config.json", "preprocessor_config.json", "tokenizer.json"),
        weights=("model.safetensors", "pytorch_model.bin"),
        usual_bytes=615_000_000,
    ),
)


@dataclass(frozen=True, slots=True)
class HubOffer:
    """What could be used instead of the encoders in use.

    Args:
        models: Those that are not in use, of use for the catalogue.
        answers: Whether the hub answers.
        download_bytes: What would be downloaded; 0 where everything is here.
    """

    models: tuple[HubModel, ...]
    answers: bool
    download_bytes: int

    @property
    def encoders(self) -> dict[Modality, str]:
        """Names of the encoders by modality."""
        return {modality: name for model in self.models for modality, name in model.encoders.items()}


def hub_offer(in_use: Collection[str], *, modalities: Collection[Modality]) -> HubOffer:
    """Which models of the hub are worth offering; asks the hub, which takes up to seconds: never on a page's draw.

    Args:
        in_use: Names of the encoders in use.
        modalities: What the catalogue has.
    """
    models = tuple(
        model
        for model in known_models()
        if any(modality in modalities for modality in model.encoders)
        and not all(any(name in used for used in in_use) for name in model.encoders.values())
    )
    answers = hub_answers()
    return HubOffer(models, answers, sum(left_to_download(model, ask=answers) for model in models))


def known_models() -> tuple[HubModel, ...]:
    """The models whose families are in the table of encoders."""
    return tuple(model for model in HUB_MODELS if set(model.encoders.values()) <= set(ENCODERS))


def fetch_hub_model(model: HubModel, *, progress: Progress = silent) -> None:
    """Have a model on this machine, and make sure that it loads.

    Args:
        model: Which.
        progress: Told the bytes fetched; may cancel.

    Raises:
        WeightError: It is neither here nor within reach.
        EncoderError: What arrived is no such model.
        CancelledError: `progress` cancelled.
    """
    for name in model.encoders.values():
        load(name, progress=progress)


def left_to_download(model: HubModel, *, ask: bool = True) -> int:
    """Bytes that fetching a model would download.

    Args:
        model: Which.
        ask: Ask the hub, where it answers; else the usual size is told.
    """
    if model.is_here:
        return 0
    found = download_bytes(model.repository, model.files, weights=model.weights) if ask else None
    return model.usual_bytes if found is None else found
