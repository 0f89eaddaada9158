"""CLAP's towers with their projections into the joint space, each apart from the other."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class ClapTextTower(nn.Module):
    """Tokens (W, T) and mask (W, T) to unit vectors (W, D) of the joint space.

    Args:
        model: A `ClapTextModelWithProjection`.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.backbone = model.text_model
        self.projection = model.text_projection

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:  # noqa: D102 - see the class
        pooled = self.backbone(input_ids=tokens, attention_mask=mask).pooler_output
        return functional.normalize(self.projection(pooled), dim=-1)


class ClapAudioTower(nn.Module):
    """Log-mel spectrograms (W, frames, bands) of whole windows to unit vectors (W, D) of the joint space.

    Args:
        model: A `ClapAudioModelWithProjection`.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.backbone = model.audio_model
        self.projection = model.audio_projection
        self.fuses = bool(model.config.enable_fusion)

    def forward(self, mel: Tensor) -> Tensor:  # noqa: D102 - see the class
        return functional.normalize(self.projection(self.seen(mel).pooler_output), dim=-1)

    def seen(self, mel: Tensor, *, attention: bool = False) -> Any:
        """What the Transformer makes of it: last map `last_hidden_state` (W, D_t, frequency, time) and its mean.

        A model with feature fusion gets a window as it gets a clip that is not longer than one: the same spectrogram
        four times, marked as not longer, which keeps the three crops (random in the library) out of it.
        """
        pictures = mel[:, None]
        if not self.fuses:
            return self.backbone(input_features=pictures, output_attentions=attention)
        longer = mel.new_zeros((len(mel), 1), dtype=torch.bool)
        pictures = pictures.expand(-1, 4, -1, -1)
        return self.backbone(input_features=pictures, is_longer=longer, output_attentions=attention)
