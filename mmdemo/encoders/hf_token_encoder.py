"""What the text encoders in Hugging Face's format share: windows of tokens, padding, looking inside."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from mmdemo.encoders.base import Inside, Prepared
from mmdemo.encoders.hf_files import eager_attention
from mmdemo.encoders.hf_tokens import HfTokens
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.types import Media, Modality

if TYPE_CHECKING:
    from torch import Tensor, nn


class HfTokenEncoder(TorchEncoder):
    """A text encoder around a network of the transformers library.

    A text longer than the network takes is encoded in windows and averaged, never cut.

    Args:
        network: Tokens (W, T) and mask (W, T) to vectors (W, D); its `backbone` gives `last_hidden_state`.
        tokens: Cuts texts.
        device: See `TorchEncoder`.
    """

    modality = Modality.TEXT

    def __init__(self, network: "nn.Module", tokens: HfTokens, *, device: str | None) -> None:
        super().__init__(network.eval(), device=device)
        self._tokens = tokens

    def _prepare(self, piece: Any) -> Prepared:
        windows = tuple(window.ids for window in self._tokens.windows(piece))
        return Prepared(windows, tuple(float(len(window)) for window in windows))

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        return self.network(*self._padded(windows))

    def _padded(self, windows: Sequence[npt.NDArray]) -> "tuple[Tensor, Tensor]":
        import torch

        tokens, mask = self._tokens.pad(windows)
        return torch.from_numpy(tokens).to(self.device), torch.from_numpy(mask).to(self.device)

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """The state of every token, and the attention of each layer and head; see `Encoder.inspect`.

        A network without attention, or one that cannot write it out, gives none.
        """
        import torch

        assert isinstance(piece, str)
        found = []
        backbone = self.network.backbone
        with self._lock, torch.inference_mode(), eager_attention(backbone, wanted=attention):
            for window in self._tokens.windows(piece):
                tokens, mask = self._padded([window.ids])
                asked = {"output_attentions": True} if attention else {}
                seen = backbone(input_ids=tokens, attention_mask=mask, **asked)
                looks = (getattr(seen, "attentions", None) or ()) if attention else ()
                found.append(
                    Inside(
                        "token",
                        tuple(map(self._tokens.label, window.ids.tolist())),
                        window.places,
                        seen.last_hidden_state[0].float().cpu().numpy(),
                        tuple(layer[0].float().cpu().numpy() for layer in looks if layer is not None),
                    )
                )
        return tuple(found)
