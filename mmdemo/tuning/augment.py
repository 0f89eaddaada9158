"""Changes that leave what is shown or heard the same, drawn anew for every step.

Everything is drawn from torch's generator, which `mmdemo.training.train` seeds for each epoch.
"""

import torch
from torch import Tensor
from torch.nn import functional

SMALLEST_CROP = 0.8
COLOUR = 0.2
GAIN_DB = 6.0
MASKED_FRAMES, MASKED_BANDS = 30, 12


def augment_pictures(pixels: Tensor) -> Tensor:
    """Flip, crop and colour pictures (B, 3, H, W) in [-1, 1].

    Each is mirrored with probability 1/2, cut to a random square of 0.8 to 1 of its side and brought back to full size,
    then made brighter or darker, of more or less contrast and colour by up to a fifth.
    """
    count = len(pixels)
    device = pixels.device
    scale = SMALLEST_CROP + (1 - SMALLEST_CROP) * torch.rand(count, device=device)
    shift = (1 - scale)[:, None] * (2 * torch.rand(count, 2, device=device) - 1)
    mirror = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
    maps = torch.zeros(count, 2, 3, device=device)
    maps[:, 0, 0], maps[:, 1, 1], maps[:, :, 2] = scale * mirror, scale, shift
    grid = functional.affine_grid(maps, list(pixels.shape), align_corners=False)
    cropped = functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    brightness, contrast, colour = (1 + COLOUR * (2 * torch.rand(3, count, 1, 1, 1, device=device) - 1)).unbind()
    grey = cropped.mean(1, keepdim=True)
    coloured = grey + colour * (cropped - grey)
    middle = coloured.mean((1, 2, 3), keepdim=True)
    return ((middle + contrast * (coloured - middle) + 1) * brightness - 1).clamp(-1, 1)


def augment_sounds(windows: Tensor) -> Tensor:
    """Shift, amplify and mask log-mel windows (B, F, M) of `log10(10000 x + 1)`.

    Each is turned round in time by a random shift, made louder or softer by up to 6 dB, and loses a random stretch of
    up to 30 frames and one of up to 12 bands, which become its mean (Park et al. 2019, "SpecAugment", one mask each, no
    warping).
    """
    count, frames, bands = windows.shape
    device = windows.device
    shifts = torch.randint(frames, (count, 1), device=device)
    order = (torch.arange(frames, device=device) + shifts) % frames
    turned = windows.gather(1, order[:, :, None].expand(-1, -1, bands))
    gain = 10 ** (GAIN_DB / 10 * (2 * torch.rand(count, 1, 1, device=device) - 1))
    amplified = torch.log10(gain * (10**turned - 1) + 1)
    masked = (
        _stretch(count, frames, MASKED_FRAMES, device)[:, :, None]
        | _stretch(count, bands, MASKED_BANDS, device)[:, None, :]
    )
    return torch.where(masked, amplified.mean((1, 2), keepdim=True), amplified)


def _stretch(count: int, length: int, most: int, device: torch.device) -> Tensor:
    """One random stretch of up to `most` of `length` places in each of `count` rows: (count, length) booleans."""
    size = torch.randint(most + 1, (count, 1), device=device)
    start = (torch.rand(count, 1, device=device) * (length - size + 1)).long()
    place = torch.arange(length, device=device)
    return (place >= start) & (place < start + size)
