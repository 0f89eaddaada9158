import numpy as np
import pytest
import torch

from mmdemo.encoders.mel import (
    htk_filterbank,
    hz_to_htk,
    hz_to_slaney,
    log_mel,
    slaney_filterbank,
    slaney_to_hz,
)


def triangle(position, left, top, right):
    if left < position <= top:
        return (position - left) / (top - left)
    if top < position < right:
        return (right - position) / (right - top)
    return 0.0


def test_slaney_filterbank_equals_the_obvious_loop():
    bands, fft_size, rate = 12, 256, 8000
    edges = slaney_to_hz(np.linspace(0.0, float(hz_to_slaney(np.array(rate / 2))), bands + 2))
    expected = np.zeros((bands, fft_size // 2 + 1))
    for band in range(bands):
        left, top, right = edges[band : band + 3]
        for bin_number in range(fft_size // 2 + 1):
            height = triangle(bin_number * rate / fft_size, left, top, right)
            expected[band, bin_number] = height * 2.0 / (right - left)
    np.testing.assert_allclose(
        slaney_filterbank(bands, fft_size=fft_size, sample_rate_hz=rate), expected, rtol=1e-5, atol=1e-9
    )


def test_htk_filterbank_equals_the_obvious_loop():
    bands, fft_size, rate = 12, 256, 8000
    step = float(hz_to_htk(np.array(rate / 2))) / (bands + 1)
    expected = np.zeros((bands, fft_size // 2 + 1))
    for band in range(bands):
        for bin_number in range(fft_size // 2 + 1):
            mel = float(hz_to_htk(np.array(bin_number * rate / fft_size)))
            expected[band, bin_number] = triangle(mel, band * step, (band + 1) * step, (band + 2) * step)
        expected[band] /= expected[band].sum()
    np.testing.assert_allclose(
        htk_filterbank(bands, fft_size=fft_size, sample_rate_hz=rate), expected, rtol=1e-5, atol=1e-9
    )


@pytest.mark.parametrize(
    ("bank", "fft_size", "rate"), [(slaney_filterbank, 512, 16_000), (htk_filterbank, 2048, 44_100)]
)
def test_no_band_of_an_encoder_is_deaf(bank, fft_size, rate):
    assert (bank(96, fft_size=fft_size, sample_rate_hz=rate).sum(axis=1) > 0).all()


@pytest.mark.parametrize(("hertz", "mel"), [(0, 0), (200, 3), (1000, 15), (6400, 42)])
def test_the_slaney_scale_has_its_landmarks(hertz, mel):
    assert hz_to_slaney(np.array(float(hertz))) == pytest.approx(mel)
    assert slaney_to_hz(np.array(float(mel))) == pytest.approx(hertz)


def test_a_tone_shows_in_its_band_and_nowhere_else():
    bank = htk_filterbank(40, fft_size=1024, sample_rate_hz=16_000)
    times = torch.arange(16_000) / 16_000
    spectrogram = log_mel(
        torch.sin(2 * torch.pi * 1000 * times),
        torch.from_numpy(bank),
        torch.hann_window(1024),
        hop=512,
        padding="constant",
    )
    assert spectrogram.shape == (1 + 16_000 // 512, 40)
    loudest = spectrogram[5:-5].argmax(1).unique().tolist()
    assert loudest == [int(bank[:, round(1000 / 16_000 * 1024)].argmax())]


def test_silence_is_zero():
    bank = torch.from_numpy(slaney_filterbank(8, fft_size=64, sample_rate_hz=8000))
    assert log_mel(torch.zeros(500), bank, torch.hann_window(64), hop=32, padding="reflect").abs().max() == 0


def test_log_mel_equals_a_plain_transform_of_one_frame():
    samples = torch.from_numpy(np.random.default_rng(0).standard_normal(640).astype(np.float32))
    bank, window = slaney_filterbank(8, fft_size=64, sample_rate_hz=8000), np.hanning(65)[:64]
    frame = samples[3 * 32 - 32 : 3 * 32 + 32].numpy() * window  # frame 3 is centred on sample 96
    expected = np.log10(10_000 * (bank @ np.abs(np.fft.rfft(frame)) ** 2) + 1)
    found = log_mel(samples, torch.from_numpy(bank), torch.hann_window(64), hop=32, padding="constant")
    np.testing.assert_allclose(found[3], expected, rtol=1e-4)
