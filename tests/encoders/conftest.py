"""The real encoders, where their weights are at hand."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `load` does, but before a test module imports torch

import pytest

from mmdemo.encoders import Encoder, load
from mmdemo.errors import WeightError


@pytest.fixture(scope="session")
def real_encoder():
    """`load`, skipping with the reason where weights are missing; in CI that is a failure."""

    def load_or_skip(name: str) -> Encoder:
        try:
            return load(name, device="cpu")
        except WeightError as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(error))

    return load_or_skip
