"""The batches of a `TorchEncoder`, around a real network that runs out of memory above a batch size."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mmdemo.encoders.base import Prepared
from mmdemo.encoders.torch_encoder import TorchEncoder
from mmdemo.errors import EncoderError
from mmdemo.types import Modality


class Small(nn.Module):
    """Sums and lengths of rows (B, T), for at most so many rows at once."""

    def __init__(self, fits: int, error: Exception) -> None:
        super().__init__()
        self.fits, self.error = fits, error
        self.tried: list[int] = []

    def forward(self, rows: Tensor) -> Tensor:
        self.tried.append(len(rows))
        if len(rows) > self.fits:
            raise self.error
        return torch.stack([rows.sum(1), (rows != 0).sum(1).float()], 1)


class Sums(TorchEncoder):
    name, modality, dim, key = "sums", Modality.TEXT, 2, "sums/1"

    def _prepare(self, piece: str) -> Prepared:
        return Prepared((np.array([ord(letter) for letter in piece], np.float32),), (1.0,))

    def inspect(self, piece, *, attention=False):
        return ()

    def _forward(self, windows: Sequence[np.ndarray]) -> Tensor:
        longest = max(map(len, windows))
        return self.network(
            self._to_device(np.stack([np.pad(window, (0, longest - len(window))) for window in windows]))
        )


TEXTS = ["abc" * (1 + number % 7) for number in range(75)]
EXPECTED = np.array([[sum(map(ord, text)), len(text)] for text in TEXTS], np.float32)
OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:124] data. DefaultCPUAllocator: not enough memory: you tried"),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=["gpu", "processor"])
def test_a_batch_that_does_not_fit_is_halved_and_the_smaller_size_remembered(error):
    network = Small(10, error)
    encoder = Sums(network, device="cpu")
    np.testing.assert_array_equal(encoder.encode(TEXTS), EXPECTED)
    assert network.tried[:3] == [32, 16, 8]
    assert max(network.tried[2:]) == 8
    tried = len(network.tried)
    np.testing.assert_array_equal(encoder.encode(TEXTS), EXPECTED)
    assert max(network.tried[tried:]) == 8


def test_a_small_batch_that_does_not_fit_is_halved_from_its_own_size():
    network = Small(2, OUT_OF_MEMORY[0])
    encoder = Sums(network, device="cpu")
    np.testing.assert_array_equal(encoder.encode(TEXTS[:5]), EXPECTED[:5])
    assert network.tried == [5, 2, 2, 1]


def test_no_memory_for_a_single_piece_is_an_error_that_says_so():
    encoder = Sums(Small(0, OUT_OF_MEMORY[0]), device="cpu")
    with pytest.raises(EncoderError, match=r"no memory is left on cpu for one window of 'sums'"):
        encoder.encode(TEXTS[:3])


def test_another_failure_is_not_taken_for_lack_of_memory():
    network = Small(0, RuntimeError("shapes do not match"))
    with pytest.raises(RuntimeError, match="shapes"):
        Sums(network, device="cpu").encode(TEXTS[:3])
    assert network.tried == [3]


def test_memory_that_is_really_lacking_on_a_processor_is_recognised():
    class Greedy(Small):
        def forward(self, rows: Tensor) -> Tensor:
            if len(rows) > self.fits:
                torch.empty(2**60)
            return super().forward(rows)

    encoder = Sums(Greedy(4, RuntimeError("unused")), device="cpu")
    np.testing.assert_array_equal(encoder.encode(TEXTS[:9]), EXPECTED[:9])


def test_neighbours_in_length_go_together():
    network = Small(100, OUT_OF_MEMORY[0])
    encoder = Sums(network, device="cpu")
    widths: list[int] = []
    network.register_forward_pre_hook(lambda _, inputs: widths.append(inputs[0].shape[1]))
    encoder.encode(["a" * 200, *["b"] * 32])
    assert widths == [1, 200]


def test_nothing_is_left_for_gradients():
    network = nn.Linear(3, 2)

    class Plain(Sums):
        def _forward(self, windows: Sequence[np.ndarray]) -> Tensor:
            found = self.network(self._to_device(np.stack(windows)))
            assert found.is_inference()
            return found

    assert Plain(network, device="cpu").encode(["abc"]).dtype == np.float32


@pytest.mark.parametrize("channels_last", [True, False])
def test_convolutions_may_have_their_channels_innermost_without_another_result(channels_last):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))

    class Pictures(Sums):
        def _forward(self, windows: Sequence[np.ndarray]) -> Tensor:
            pixels = self._to_device(np.stack(windows))
            assert pixels.is_contiguous(memory_format=torch.channels_last) is channels_last
            return self.network(pixels)

    Pictures.channels_last = channels_last
    pixels = np.random.default_rng(0).normal(size=(3, 16, 16)).astype(np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(pixels[None])).numpy()
    found = Pictures(network.eval(), device="cpu").encode_prepared([Prepared((pixels,), (1.0,))])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.weights
def test_sixteen_bit_numbers_on_a_gpu_keep_the_features(real_encoder):
    from mmdemo.encoders import load

    texts = [f"{text} {number}" for number, text in enumerate(TEXTS)]
    exact, fast = real_encoder("minilm").encode(texts), load("minilm", device="cuda").encode(texts)
    cosines = (exact * fast).sum(1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(fast, axis=1)
    assert fast.dtype == np.float32
    assert cosines.min() > 0.999


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_numbers_too_large_for_sixteen_bits_are_computed_again_in_thirty_two():
    network = nn.Linear(3, 2)
    network.weight.data.fill_(1e4)

    class Plain(Sums):
        def _forward(self, windows: Sequence[np.ndarray]) -> Tensor:
            return self.network(self._to_device(np.stack(windows)))

    found = Plain(network, device="cuda").encode(["abc"])
    assert np.isfinite(found).all()
    assert found[0, 0] > 65504
