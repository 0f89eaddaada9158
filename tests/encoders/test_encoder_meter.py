import threading

import pytest

from mmdemo.encoders import meter


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(meter, "_counted", {})


def test_what_was_never_used_is_not_listed():
    assert meter.measured() == {}


def test_counts_add_up_by_encoder_and_peaks_do_not():
    meter.count("one", meter.Measured(pieces=3, seconds=0.5, gpu_peak_bytes=100))
    meter.count("two", meter.Measured(cache_hits=1))
    meter.count("one", meter.Measured(pieces=1, seconds=1.5, cache_hits=3, cache_misses=1, gpu_peak_bytes=40))
    found = meter.measured()
    assert list(found) == ["one", "two"]
    assert found["one"] == meter.Measured(pieces=4, seconds=2.0, cache_hits=3, cache_misses=1, gpu_peak_bytes=100)
    assert (found["one"].per_second, found["one"].hit_rate) == (2.0, 0.75)
    assert (found["two"].per_second, found["two"].hit_rate) == (None, 1.0)


def test_rates_are_unknown_before_the_first_piece():
    assert (meter.Measured().per_second, meter.Measured().hit_rate) == (None, None)


def test_a_pass_is_counted_with_its_time_and_a_failed_one_is_not():
    with meter.encoding("one", 2), meter.preparing("one"):
        pass
    with pytest.raises(ValueError, match="no"), meter.encoding("one", 5):
        raise ValueError("no")
    found = meter.measured()["one"]
    assert found.pieces == 2
    assert found.seconds >= found.preparing_seconds > 0
    assert found.gpu_peak_bytes == 0


def test_threads_lose_nothing():
    def work():
        for _ in range(500):
            meter.count("one", meter.Measured(pieces=1, cache_misses=2))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (meter.measured()["one"].pieces, meter.measured()["one"].cache_misses) == (4000, 8000)


def test_what_was_handed_out_does_not_change():
    meter.count("one", meter.Measured(pieces=1))
    before = meter.measured()
    meter.count("one", meter.Measured(pieces=1))
    assert before["one"].pieces == 1
