"""A query of words and items as a permanent address, and back.

`?text=a+dog&text=-0.5*a+cat&item=animals%2Ffrog&tag=animals&must=audio&k=24`: one parameter a part; in front of the
value its weight and a star, where the weight is not 1. Uploads never enter an address.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmdemo.types import Modality

DEFAULT_K = 12
MAX_PARTS = 12
MAX_RESULTS = 60
MAX_TEXT = 500
"""Longer texts stay out of the address: browsers and proxies cut long ones."""
_WEIGHTED = re.compile(r"(-?[01](?:\.\d{1,2})?)\*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AddressPart:
    """A text or an item in an address; `kind` is "text" or "item", `weight` has two digits."""

    kind: str
    value: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Address:
    """All of a query that an address can hold."""

    parts: tuple[AddressPart, ...] = ()
    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    must_have: tuple[Modality, ...] = ()
    k: int = DEFAULT_K


def encode(address: Address) -> dict[str, list[str]]:
    """The query parameters of an address; defaults are left out."""
    params = {
        "text": [_with_weight(part) for part in address.parts if part.kind == "text"],
        "item": [_with_weight(part) for part in address.parts if part.kind == "item"],
        "like": list(address.likes),
        "dislike": list(address.dislikes),
        "tag": list(address.tags),
        "must": [modality.value for modality in address.must_have],
        "k": [str(address.k)] if address.k != DEFAULT_K else [],
    }
    return {name: values for name, values in params.items() if values}


def decode(params: Mapping[str, Sequence[str]]) -> Address:
    """The address in query parameters that anyone may have written: what cannot be read is left out."""
    parts = [
        _without_weight(kind, value) for kind in ("text", "item") for value in params.get(kind, ()) if value.strip()
    ]
    known = {modality.value: modality for modality in Modality}
    return Address(
        parts=tuple(part for part in parts if len(part.value) <= MAX_TEXT and part.value.strip())[:MAX_PARTS],
        likes=tuple(dict.fromkeys(params.get("like", ())))[:MAX_PARTS],
        dislikes=tuple(dict.fromkeys(params.get("dislike", ())))[:MAX_PARTS],
        tags=tuple(dict.fromkeys(params.get("tag", ()))),
        must_have=tuple(known[value] for value in dict.fromkeys(params.get("must", ())) if value in known),
        k=_count(params.get("k", ())),
    )


def _with_weight(part: AddressPart) -> str:
    weight = f"{part.weight + 0.0:.2f}".rstrip("0").rstrip(".")  # + 0.0 makes of -0.0 a plain 0
    return part.value if weight == "1" and not _WEIGHTED.fullmatch(part.value) else f"{weight}*{part.value}"


def _without_weight(kind: str, value: str) -> AddressPart:
    match = _WEIGHTED.fullmatch(value)
    if match is None:
        return AddressPart(kind, value)
    return AddressPart(kind, match[2], min(1.0, max(-1.0, float(match[1]))))


def _count(values: Sequence[str]) -> int:
    text = values[0] if values else ""
    return min(max(int(text), 1), MAX_RESULTS) if text.isdecimal() and len(text) < 6 else DEFAULT_K
