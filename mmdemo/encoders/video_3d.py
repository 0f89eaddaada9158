"""Video: torchvision's networks over space and time, which see motion.

3D residual networks (Tran et al. 2018, "A Closer Look at Spatiotemporal Convolutions"), Video Swin (Liu et al. 2022)
and MViT (Fan et al. 2021; Li et al. 2022), trained on Kinetics-400. Pictures are resized and cut to their middle as the
published weights were trained, so what lies at the edges of a wide clip is not seen. Deviations: a clip is 16 of the
frames that decoding samples evenly, not 16 at a fixed rate; a longer video is averaged over clips that cover it all, a
shorter one holds its last frame.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.base import Inside, Prepared
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.encoders.video_3d_models import Model3d
from mmdemo.encoders.video_frames import check_frames
from mmdemo.types import FloatArray, Media, Modality, Video

if TYPE_CHECKING:
    from torch import Tensor


class Video3d(TorchEncoder):
    """Features of clips, and the classes of the network's last layer.

    Args:
        model: Network and weights.
        device: See `TorchEncoder`.
    """

    name = "video-3d"
    modality = Modality.VIDEO
    batch_size = 4

    def __init__(self, model: Model3d, *, device: str | None = None) -> None:
        self.dim = model.head_weight.shape[1]
        super().__init__(model.network, device=device)
        clip = model.clip
        size = "x".join(str(number) for number in (clip.frames, *clip.resize, *clip.crop))
        self.key = f"{self.name}/1/{size}/{model.sha256[:16]}"
        self.class_names = model.class_names
        self._clip = clip
        self._head_weight, self._head_bias = model.head_weight, model.head_bias

    def _prepare(self, piece: Any) -> Prepared:
        import torch
        from torchvision.transforms.functional import center_crop, resize

        check_frames(piece)
        frames = torch.from_numpy(piece.frames.pixels).permute(0, 3, 1, 2)
        small = center_crop(resize(frames, list(self._clip.resize), antialias=False), list(self._clip.crop)).numpy()
        spans = clip_spans(len(small), self._clip.frames)
        return Prepared(tuple(small[span] for span in spans), (1.0,) * len(spans))

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        import torch

        pixels = torch.from_numpy(np.stack(windows)).to(self.device).float() / 255.0
        mean, std = (torch.tensor(v, device=self.device).view(3, 1, 1) for v in (self._clip.mean, self._clip.std))
        return self.network(((pixels - mean) / std).transpose(1, 2))

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:  # noqa: ARG002 - see below
        """The steps in time of the last layer, averaged over space, a clip each; see `Encoder.inspect`.

        No attention is given: these Transformers look within windows or at pooled keys, so there is no table of every
        part looking at every other.
        """
        import torch

        windows = self.prepare(piece).windows
        assert isinstance(piece, Video)
        spans = clip_spans(len(piece.frames.pixels), self._clip.frames)
        found = []
        for span, window in zip(spans, windows, strict=True):
            with self._lock, torch.inference_mode():
                steps = self._steps(window)
            first = span[np.arange(len(steps)) * len(span) // len(steps)]
            places = np.full((len(steps), 4), np.nan, np.float32)
            places[:, 0] = first
            labels = tuple(f"from frame {number + 1}, at {number / piece.frames.fps:.1f} s" for number in first)
            found.append(Inside("frame", labels, places, steps))
        return tuple(found)

    def _steps(self, window: npt.NDArray) -> FloatArray:
        """States (T', D) of one clip before they are pooled."""
        seen: list[Tensor] = []
        pooled = hasattr(self.network, "avgpool")
        layer = self.network.avgpool if pooled else self.network.norm

        def keep(_: Any, taken: "tuple[Tensor, ...]", given: "Tensor") -> None:
            seen.append(taken[0] if pooled else given)

        hook = layer.register_forward_hook(keep)
        try:
            self._forward([window])
        finally:
            hook.remove()
        states = seen[-1][0].float().cpu()
        if pooled:
            return states.mean((2, 3)).T.contiguous().numpy()
        tokens = states[1:]  # after the class token: MViT halves time once
        return tokens.reshape(self._clip.frames // 2, -1, tokens.shape[-1]).mean(1).numpy()

    def class_probabilities(self, features: FloatArray) -> FloatArray:
        """Softmax (B, C) of the last layer on features (B, D)."""
        if not self.class_names:
            return super().class_probabilities(features)
        logits = features @ self._head_weight.T + self._head_bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
        return (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)


def clip_spans(frames: int, size: int) -> tuple[npt.NDArray[np.intp], ...]:
    """Frame numbers (size,) of the fewest clips that cover a video, spread evenly; past the end the last one stays."""
    count = max(1, -(-frames // size))
    starts = np.linspace(0, max(0, frames - size), count).round().astype(np.intp)
    return tuple(np.minimum(start + np.arange(size), frames - 1) for start in starts)
