"""Audio: CLAP's audio tower (HTSAT), in one space with its texts.

Wu et al. 2023, "Large-scale contrastive language-audio pretraining with feature fusion and keyword-to-caption
augmentation", section 3. Deviation: of a clip longer than the tower's 10 s the library takes a random crop (or fuses
three of them), so that its vector changes from call to call; here it is the mean over fixed windows, one every 10 s and
the last flush with the end. A shorter clip is repeated and filled up exactly as the library does.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from mmdemo.encoders.base import Inside, LoadSettings, Prepared
from mmdemo.encoders.clap_files import locate_clap, read_tower
from mmdemo.encoders.clap_map import WindowAttention, edges_hz
from mmdemo.encoders.hf_files import reading
from mmdemo.encoders.places import sound_labels, sound_places
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.encoders.windowed_audio import check_duration
from mmdemo.encoders.windows import window_starts
from mmdemo.errors import EncoderError
from mmdemo.media import resample
from mmdemo.types import FloatArray, Media, Modality, Waveform

if TYPE_CHECKING:
    from torch import Tensor

_EXTRACTOR = "preprocessor_config.json"


class ClapAudio(TorchEncoder):
    """Vectors of sounds in CLAP's joint space.

    Args:
        settings: The source is a folder or a repository of the hub.

    Raises:
        WeightError: Its files are neither here nor within reach.
        EncoderError: It holds no CLAP model, or a damaged one.
    """

    name = "clap-audio"
    modality = Modality.AUDIO
    batch_size: ClassVar[int] = 8  # more need more memory and are no faster on a processor

    def __init__(self, settings: LoadSettings) -> None:
        files = locate_clap(
            settings.source,
            files=[_EXTRACTOR],
            family=self.name,
            meanwhile="aisfx+musicnn",
            progress=settings.progress,
        )
        model = read_tower(files.folder, "audio")

        from mmdemo.encoders.clap_network import ClapAudioTower

        self._extractor = _read_extractor(files.folder, fuses=bool(model.config.enable_fusion))
        self._size = int(self._extractor.nb_max_samples)
        self.dim = model.config.projection_dim
        super().__init__(ClapAudioTower(model).eval(), device=settings.device)
        self.key = f"{self.name}/1/{files.sha256[:16]}"

    def _prepare(self, piece: Any) -> Prepared:
        check_duration(piece)
        samples = resample(piece, self._extractor.sampling_rate).samples
        starts = window_starts(len(samples), self._size, hop=self._size)
        windows = tuple(self._spectrogram(samples[start : start + self._size]) for start in starts)
        return Prepared(windows, (1.0,) * len(windows))

    def _spectrogram(self, samples: FloatArray) -> FloatArray:
        """Log-mel spectrogram (frames, bands) of at most one window; nothing in it is random then."""
        made = self._extractor(samples, sampling_rate=self._extractor.sampling_rate, return_tensors="np")
        return made["input_features"][0, 0].astype(np.float32)

    def _forward(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        return self.network(self._stacked(windows))

    def _stacked(self, windows: Sequence[npt.NDArray]) -> "Tensor":
        import torch

        return torch.from_numpy(np.stack(windows)).to(self.device)

    def inspect(self, piece: Media, *, attention: bool = False) -> tuple[Inside, ...]:
        """The cells of the last map over time and frequency, a window each; see `Encoder.inspect`.

        Their mean goes into the projection. The attention of a Swin block lies within windows of finer maps; it is
        summed up over the cells (`clap_map.WindowAttention`).
        """
        import torch

        windows = self.prepare(piece).windows
        assert isinstance(piece, Waveform)
        rate = self._extractor.sampling_rate
        starts = window_starts(len(resample(piece, rate).samples), self._size, hop=self._size)
        catching = WindowAttention(self.network.backbone.audio_encoder)
        found = []
        with self._lock, torch.inference_mode():
            for start, window in zip(starts, windows, strict=True):
                seen, looks = self._seen(self._stacked([window]), catching if attention else None)
                cells = seen[0].permute(2, 1, 0).float().cpu().numpy()
                edges_s = (start + np.linspace(0, self._size, len(cells) + 1)) / rate
                places = sound_places(edges_s, self._edges_hz(cells.shape[1]), duration_s=piece.duration_s)
                found.append(Inside("time", sound_labels(places), places, cells.reshape(len(places), -1), looks))
        return tuple(found)

    def _seen(self, mel: "Tensor", catching: WindowAttention | None) -> "tuple[Tensor, tuple[FloatArray, ...]]":
        """The last map (1, D_t, frequency, time) and, where it is to be caught, the attention of each block."""
        if catching is None:
            return self.network.seen(mel).last_hidden_state, ()
        with catching:
            return self.network.seen(mel, attention=True).last_hidden_state, catching.take()

    def _edges_hz(self, cells: int) -> FloatArray:
        extractor = self._extractor
        return edges_hz(
            extractor.feature_size,
            cells,
            low_hz=float(extractor.frequency_min),
            high_hz=float(extractor.frequency_max),
            htk=extractor.truncation == "fusion",
        )


def _read_extractor(folder: Path, *, fuses: bool) -> Any:
    """What makes the spectrograms, as the model was trained with.

    Raises:
        EncoderError: The file is damaged, or of another model than the weights.
    """
    with reading(str(folder), kind="CLAP's feature extractor"):
        from transformers import ClapFeatureExtractor

        extractor: Any = ClapFeatureExtractor.from_pretrained(folder, local_files_only=True)
    if (extractor.truncation == "fusion") != fuses:
        raise EncoderError(
            f"{folder / _EXTRACTOR} makes spectrograms for '{extractor.truncation}'",
            expected=f"'{'fusion' if fuses else 'rand_trunc'}' is needed, which the weights were trained for",
            remedy="fetch the model again",
        )
    return extractor
