"""What timm's networks make of the parts of a picture, and what their layers look at."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import isqrt
from typing import TYPE_CHECKING, Any

from mmdemo.encoders.windowed_picture import PictureParts
from mmdemo.types import FloatArray

if TYPE_CHECKING:
    from torch import Tensor


def timm_parts(network: Any, pixels: "Tensor", *, attention: bool) -> PictureParts:
    """Patches of a Transformer, or cells of the last feature map, of one window (1, 3, H, W)."""
    with _watching(network if attention else None) as layers:
        states = network.forward_features(pixels)
    if states.ndim == 4:
        return _cells(states, channels_last=getattr(network, "output_fmt", "NCHW") == "NHWC")
    prefix = int(getattr(network, "num_prefix_tokens", 0))
    count = states.shape[1] - prefix
    rows, columns = getattr(getattr(network, "patch_embed", None), "grid_size", None) or (0, 0)
    if rows * columns != count:
        rows = columns = isqrt(count)
    kept = tuple(layer for layer in layers if layer.shape[-1] == states.shape[1] and layer.shape[-2] == states.shape[1])
    return PictureParts(states[0].float().cpu().numpy(), prefix, rows, columns, kept)


def feature_map_parts(layer: Any, network: Any, pixels: "Tensor") -> PictureParts:
    """Cells of the map (1, C, H, W) that a layer gives when a network sees one window."""
    seen: list[Tensor] = []
    hook = layer.register_forward_hook(lambda _module, _inputs, states: seen.append(states))
    try:
        network(pixels)
    finally:
        hook.remove()
    return _cells(seen[0], channels_last=False)


def _cells(states: "Tensor", *, channels_last: bool) -> PictureParts:
    if not channels_last:
        states = states.permute(0, 2, 3, 1)
    _, rows, columns, width = states.shape
    return PictureParts(states[0].reshape(rows * columns, width).float().cpu().numpy(), 0, rows, columns)


@contextmanager
def _watching(network: Any | None) -> Iterator[list[FloatArray]]:
    """Note each layer's attention (heads, T, T) during one call; nothing for None.

    Fused attention never holds its weights as a tensor, so it is switched off for the call; the weights are what goes
    into the dropout that follows the softmax, whatever biases or norms a network has before it.
    """
    layers: list[FloatArray] = []

    def note(_module: Any, inputs: "tuple[Tensor]") -> None:
        weights = inputs[0]
        if weights.ndim == 4 and weights.shape[0] == 1:  # windows of a part of the picture come as a batch
            layers.append(weights[0].float().cpu().numpy())

    with ExitStack() as undo:
        for module in network.modules() if network is not None else ():
            if hasattr(module, "fused_attn") and hasattr(module, "attn_drop"):
                undo.callback(setattr, module, "fused_attn", module.fused_attn)
                module.fused_attn = False
                undo.callback(module.attn_drop.register_forward_pre_hook(note).remove)
        yield layers
