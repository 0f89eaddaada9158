"""Encoders: decoded media to feature vectors, one file an encoder, and the table of them.

Reading the table loads nothing heavy; `load` does, once a process. To add an encoder, write its file and an entry in
`mmdemo.encoders.table`.

Example:
    >>> find("minilm").dim
    384
    >>> find("minilm+minilm").dim
    768
"""

from mmdemo.encoders.base import Encoder, EncoderSpec, Inside, LoadSettings, Prepared, PreparedMedia
from mmdemo.encoders.finding import complete, find
from mmdemo.encoders.loading import load
from mmdemo.encoders.table import DEFAULTS, ENCODERS

__all__ = [
    "DEFAULTS",
    "ENCODERS",
    "Encoder",
    "EncoderSpec",
    "Inside",
    "LoadSettings",
    "Prepared",
    "PreparedMedia",
    "complete",
    "find",
    "load",
]
