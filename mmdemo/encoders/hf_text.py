"""Text: any Transformer of the Hugging Face hub, or of a folder in that format, as a sentence encoder.

The pooling is the one that the model's sentence-transformers files declare (`hf_modules`), else the mean of the token
states. Of an encoder-decoder the encoder is taken. Only the library's own architectures are run, never code that comes
with a model. No prompt is put before a text. A text longer than the model takes is encoded in windows and averaged.
"""

from typing import Any

from mmdemo.encoders.base import Inside, LoadSettings, Prepared
from mmdemo.encoders.hf_backbone import positions, read_backbone
from mmdemo.encoders.hf_files import TOKENIZER_FILES, digest, read_json, reading
from mmdemo.encoders.hf_modules import Dense, read_modules
from mmdemo.encoders.hf_token_encoder import HfTokenEncoder
from mmdemo.encoders.hf_tokens import HfTokens
from mmdemo.encoders.hf_weights import locate_weights
from mmdemo.types import Media

_LIMITS = "sentence_bert_config.json"


class HfText(HfTokenEncoder):
    """Sentence vectors of texts.

    Args:
        settings: The source is a folder or a repository of the hub.

    Raises:
        WeightError: Its files are neither here nor within reach.
        EncoderError: It holds no text encoder, or a damaged one.
    """

    name = "hf-text"

    def __init__(self, settings: LoadSettings) -> None:
        source = settings.source
        optional = (*TOKENIZER_FILES, "modules.json", _LIMITS)
        folder, weights_sha256 = locate_weights(source, optional, family=self.name, progress=settings.progress)
        modules = read_modules(source, folder, progress=settings.progress)
        backbone = read_backbone(folder)

        from mmdemo.encoders.hf_text_network import HfTextNetwork, width  # torch; an absent model is told of before

        with reading(source, kind="a sentence encoder"):
            network = HfTextNetwork(backbone, modules).eval()
            self.dim = width(network)
        stated = read_json(folder / _LIMITS) if (folder / _LIMITS).is_file() else {}
        self._lowers = stated.get("do_lower_case") is True
        limits = [limit for limit in (stated.get("max_seq_length"), positions(backbone)) if isinstance(limit, int)]
        super().__init__(network, HfTokens(folder, limit=min(limits, default=None)), device=settings.device)
        small = ("config.json", _LIMITS, *TOKENIZER_FILES, *modules.files)
        layers = "".join(layer.sha256 for layer in modules.after if isinstance(layer, Dense))
        self.key = f"{self.name}/1/{digest(folder, small, weights_sha256=weights_sha256 + layers)[:16]}"

    def _prepare(self, piece: Any) -> Prepared:
        return super()._prepare(self._lowered(piece))

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """The state of every token, and the attention of each layer and head; see `HfTokenEncoder.inspect`."""
        assert isinstance(piece, str)
        return super().inspect(self._lowered(piece), attention=attention)

    def _lowered(self, text: str) -> str:
        return text.lower() if self._lowers else text
