import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from encoder_samples import FirstNumbers

from mmdemo.encoders import meter
from mmdemo.encoders.micro_batch import MicroBatch, encode_together
from mmdemo.errors import MediaError


class Held:
    """Doubles numbers, but only once the test lets it; tells what it was given."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.started, self.go_on = threading.Event(), threading.Event()

    def __call__(self, numbers: list[int]) -> list[int]:
        self.batches.append(numbers)
        self.started.set()
        assert self.go_on.wait(30)
        if 13 in numbers:
            raise ValueError("unlucky")
        return [2 * number for number in numbers]


def together(batch: MicroBatch, held: Held, numbers: list[int]) -> list:
    """Call with the first number, and once it runs with all others at the same time; results in order, or errors."""

    def call(number: int):
        try:
            return batch(number)
        except ValueError as error:
            return error

    with ThreadPoolExecutor(len(numbers)) as pool:
        first = pool.submit(call, numbers[0])
        assert held.started.wait(30)
        others = [pool.submit(call, number) for number in numbers[1:]]
        while len(batch._queue) < len(others):
            threading.Event().wait(0.001)
        held.go_on.set()
        return [future.result(30) for future in (first, *others)]


def test_a_lone_caller_runs_at_once_and_alone():
    batches: list[list[int]] = []

    def run(numbers: list[int]) -> list[int]:
        batches.append(numbers)
        return numbers

    batch = MicroBatch(run, most=4)
    assert [batch(number) for number in (3, 1, 2)] == [3, 1, 2]
    assert batches == [[3], [1], [2]]


def test_those_who_come_meanwhile_go_together_and_each_gets_its_own():
    held = Held()
    numbers = list(range(20, 30))
    assert together(MicroBatch(held, most=32), held, numbers) == [2 * number for number in numbers]
    assert held.batches[0] == [20]
    assert sorted(held.batches[1]) == numbers[1:]
    assert len(held.batches) == 2


def test_no_batch_is_larger_than_the_bound():
    held = Held()
    numbers = list(range(20, 31))
    assert together(MicroBatch(held, most=4), held, numbers) == [2 * number for number in numbers]
    assert [len(batch) for batch in held.batches] == [1, 4, 4, 2]


def test_an_error_goes_to_its_batch_and_the_next_caller_is_served():
    held = Held()
    batch = MicroBatch(held, most=8)
    found = together(batch, held, [1, 13, 2])
    assert found[0] == 2
    assert all(isinstance(error, ValueError) for error in found[1:])
    assert batch(4) == 8


def test_a_result_too_few_is_an_error_not_a_mix_up():
    with pytest.raises(ValueError, match="zip"):
        MicroBatch(lambda numbers: numbers[1:], most=8)(1)


def test_bad_media_are_refused_before_they_join_others():
    encoder = FirstNumbers("first", 2)
    with pytest.raises(MediaError):
        encoder.prepare(np.zeros(3))


def test_many_callers_get_what_encoding_one_by_one_gives(monkeypatch):
    monkeypatch.setattr(meter, "_counted", {})
    encoder = FirstNumbers("first numbers", 2)
    texts = [chr(65 + number) + "x" for number in range(26)] * 4
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda text: encode_together(encoder, encoder.prepare(text)), texts))
    np.testing.assert_array_equal(np.stack(found), encoder.encode(texts))
    assert meter.measured()["first numbers"].pieces == len(texts)


def test_two_encoders_of_one_name_are_not_mixed_up():
    held = [FirstNumbers("same", 1), FirstNumbers("same", 3)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: encode_together(held[n % 2], held[n % 2].prepare("abc")), range(64)))
    assert {len(row) for row in found[::2]} == {1}
    assert {len(row) for row in found[1::2]} == {3}
