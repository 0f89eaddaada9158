"""The checksum CRC-32C (Castagnoli; RFC 3720, appendix B.4), in NumPy: halves are taken together, all pairs at once.

With the start value folded into the first four bytes, the checksum is linear over GF(2): zeros in front change nothing,
and that of two parts is that of the first, carried over as many zeros as the second is long, XOR that of the second.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

_POLYNOMIAL = 0x82F63B78
_ONES = 0xFFFFFFFF
_MASK_DELTA = 0xA282EAD8
_FEWEST_BYTES = 2048
"""Below this the plain loop is quicker."""
_BYTE = np.uint32(0xFF)
_States = npt.NDArray[np.uint32]


def _table() -> list[int]:
    """The state after one byte, from 0."""
    found = []
    for byte in range(256):
        state = byte
        for _ in range(8):
            state = (state >> 1) ^ (_POLYNOMIAL if state & 1 else 0)
        found.append(state)
    return found


_AFTER_BYTE = _table()


def crc32c(data: bytes) -> int:
    """The checksum of the bytes.

    Example:
        >>> hex(crc32c(b"123456789"))
        '0xe3069283'
    """
    if len(data) < _FEWEST_BYTES:
        return _plain(data)
    padded = np.zeros(1 << (len(data) - 1).bit_length(), np.uint8)
    padded[-len(data) :] = np.frombuffer(data, np.uint8)
    padded[len(padded) - len(data) :][:4] ^= 0xFF
    states = np.array(_AFTER_BYTE, np.uint32)[padded]
    doubled = 0
    while len(states) > 1:
        states = _carried(_zeros(doubled), states[::2]) ^ states[1::2]
        doubled += 1
    return int(states[0]) ^ _ONES


def masked_crc32c(data: bytes) -> int:
    """The checksum as TFRecord writes it: turned right by 15 bits, plus a constant."""
    found = crc32c(data)
    return ((found >> 15 | found << 17) + _MASK_DELTA) & _ONES


def _plain(data: bytes) -> int:
    state = _ONES
    for byte in data:
        state = _AFTER_BYTE[(state ^ byte) & 0xFF] ^ state >> 8
    return state ^ _ONES


@lru_cache(maxsize=32)
def _zeros(doubled: int) -> _States:
    """(4, 256): what each value of each byte of a state becomes after 2^`doubled` bytes of zeros."""
    if doubled:
        half = _zeros(doubled - 1)
        return _carried(half, half)
    states = np.arange(256, dtype=np.uint32)[None] << np.arange(0, 32, 8, dtype=np.uint32)[:, None]
    return np.array(_AFTER_BYTE, np.uint32)[states & _BYTE] ^ (states >> np.uint32(8))


def _carried(tables: _States, states: _States) -> _States:
    """The states after the zeros that the tables are of."""
    first = tables[0][states & _BYTE] ^ tables[1][states >> np.uint32(8) & _BYTE]
    return first ^ tables[2][states >> np.uint32(16) & _BYTE] ^ tables[3][states >> np.uint32(24)]
