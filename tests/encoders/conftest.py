"""The real encoders, where their weights are at hand."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `load` does, but before a test module imports torch

import pytest
from tiny_checkpoints import BUILDERS

from mmdemo.encoders import Encoder, load
from mmdemo.errors import WeightError


@pytest.fixture(scope="session")
def tiny_source(tmp_path_factory):
    """Folder of a family's tiny checkpoint, built at the first call."""
    built = {}

    def source(family: str):
        if family not in built:
            built[family] = tmp_path_factory.mktemp(family)
            BUILDERS[family](built[family])
        return built[family]

    return source


@pytest.fixture(scope="session")
def real_encoder(tiny_source):
    """`load`, from a tiny checkpoint where the family comes from a hub; skips with the reason where weights lack.

    In CI a missing weight is a failure.
    """

    def load_or_skip(name: str) -> Encoder:
        if name in BUILDERS:
            return load(f"{name}:{tiny_source(name)}", device="cpu")
        try:
            return load(name, device="cpu")
        except WeightError as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(error))

    return load_or_skip
