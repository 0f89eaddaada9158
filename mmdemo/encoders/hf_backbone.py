"""Reading the text Transformer of a folder in Hugging Face's format."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmdemo.encoders.hf_files import check_complete, reading
from mmdemo.errors import EncoderError

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

_KIND = "a text encoder"
_ENCODERS = {"t5": "T5EncoderModel", "mt5": "MT5EncoderModel", "umt5": "UMT5EncoderModel"}
"""Classes that read an encoder without its decoder; of other encoder-decoders the decoder is read too, then dropped."""


def read_backbone(folder: Path) -> "PreTrainedModel":
    """The network, in single precision and evaluation mode; of an encoder-decoder the encoder.

    Args:
        folder: Holds config.json and the weights.

    Raises:
        EncoderError: It holds something else, or a damaged or incomplete network.
    """
    with reading(str(folder), kind=_KIND):
        from transformers import AutoConfig

        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        architecture = _architecture(config, folder)
        network, report = architecture.from_pretrained(
            folder, config=config, local_files_only=True, weights_only=True, output_loading_info=True
        )
        # Sentence vectors never come from BERT's pooler, which many checkpoints of sentence encoders leave out.
        lacking = [name for name in report["missing_keys"] if "pooler" not in name]
        check_complete(lacking, source=str(folder), kind=_KIND)
        if config.is_encoder_decoder and config.model_type not in _ENCODERS:
            network = network.get_encoder()
        return network.float().eval()


def _architecture(config: "PretrainedConfig", folder: Path) -> Any:
    """The class that reads it.

    Raises:
        EncoderError: It takes something else than text.
    """
    import transformers

    if config.model_type in _ENCODERS:
        return getattr(transformers, _ENCODERS[config.model_type])
    found: Any = transformers.MODEL_MAPPING.get(type(config), None)
    found = found[0] if isinstance(found, (tuple, list)) else found
    several = any(hasattr(config, name) for name in ("text_config", "vision_config", "audio_config"))
    if found is None or several or found.main_input_name != "input_ids":
        takes = "several modalities" if several else getattr(found, "main_input_name", "nothing that is known")
        raise EncoderError(
            f"{folder} holds a model of the type '{config.model_type}', which takes {takes}",
            expected="a model that takes text alone is needed",
            remedy="choose another model, or the family of encoders that it belongs to",
        )
    return found


def positions(network: "PreTrainedModel") -> int | None:
    """Most tokens that the network can number; None where it needs no numbers.

    RoBERTa and its kin number from behind their filling mark, which costs them the first places of the table.
    """
    from torch import nn

    for name, module in network.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            return module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
    stated = getattr(network.config, "max_position_embeddings", None)
    return stated if isinstance(stated, int) and stated > 0 else None
