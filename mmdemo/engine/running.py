"""The encoders of this process: which are loaded, on what, how much they have done and how fast."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mmdemo.encoders import Encoder, loading
from mmdemo.encoders.meter import Measured, measured
from mmdemo.types import Modality


@dataclass(frozen=True, slots=True)
class Running:
    """One encoder that this process has loaded.

    Args:
        name: Its full name.
        modality: What it takes.
        device: Torch device of its network; "cpu" where it has none.
        precision: Number formats its weights are kept in, as in "float32" or "float32, int8".
        memory_bytes: What these weights take.
        measured: What it has done so far.
    """

    name: str
    modality: Modality
    device: str
    precision: str
    memory_bytes: int
    measured: Measured


@dataclass(frozen=True, slots=True)
class Gpu:
    """The GPU that torch uses.

    Args:
        name: As its driver calls it.
        total_bytes: Its memory.
        free_bytes: What of it no process has taken.
    """

    name: str
    total_bytes: int
    free_bytes: int


def running() -> tuple[Running, ...]:
    """The loaded encoders by modality; those joined in another one are counted with it.

    Loads nothing: an encoder that nobody has needed yet is not among them.
    """
    done = measured()
    loaded = {encoder.name: encoder for encoder in loading.loaded()}
    inner = {id(part) for name, encoder in loaded.items() if "+" in name for part in _parts(encoder)}
    shown = {name: encoder for name, encoder in loaded.items() if name in done or id(encoder) not in inner}
    found = [_running(encoder, done.get(name, Measured())) for name, encoder in shown.items()]
    return tuple(sorted(found, key=lambda each: list(Modality).index(each.modality)))


def loaded_keys() -> dict[str, str]:
    """Keys of the loaded encoders by full name."""
    return {encoder.name: encoder.key for encoder in loading.loaded()}


def pace(name: str) -> float | None:
    """Pieces a second that an encoder has reached in this process; None where it has not run."""
    found = measured().get(name)
    return None if found is None else found.per_second


def gpu() -> Gpu | None:
    """The GPU, None without one; asks only a torch that is loaded already."""
    import sys

    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "cuda") or not torch.cuda.is_available():
        return None
    free, total = torch.cuda.mem_get_info()
    return Gpu(torch.cuda.get_device_name(), total, free)


def _running(encoder: Encoder, done: Measured) -> Running:
    parts = list(_parts(encoder))
    arrays = {id(array): array for part in parts for array in _arrays(part)}.values()
    formats = sorted({str(array.dtype).removeprefix("torch.") for array in arrays if _is_weight(array)})
    return Running(
        name=encoder.name,
        modality=encoder.modality,
        device=", ".join(dict.fromkeys(str(getattr(part, "device", "cpu")) for part in parts)),
        precision=", ".join(formats),
        memory_bytes=sum(array.nbytes for array in arrays),
        measured=done,
    )


def _parts(encoder: Encoder) -> Iterator[Encoder]:
    """An encoder that does work itself, and those inside it: joined ones, the image encoder of a video encoder."""
    inside = [part for value in vars(encoder).values() for part in (value if isinstance(value, tuple) else (value,))]
    encoders = [part for part in inside if hasattr(part, "encode_prepared")]
    for part in encoders:
        yield from _parts(part)
    if not encoders:
        yield encoder


def _arrays(value: Any, *, depth: int = 3) -> Iterator[Any]:
    """The arrays and tensors that an encoder keeps: in itself, in its network, packed by quantisation."""
    if hasattr(value, "nbytes") and hasattr(value, "dtype"):
        yield value
    elif depth:
        inner: Any = ()
        if hasattr(value, "state_dict"):
            inner = value.state_dict().values()
        elif hasattr(value, "encode_prepared"):
            inner = vars(value).values()
        elif isinstance(value, tuple | list):
            inner = value
        for each in inner:
            yield from _arrays(each, depth=depth - 1)


def _is_weight(array: Any) -> bool:
    """Whether an array holds numbers that are multiplied, rather than positions or counts."""
    return array.nbytes >= 1024 and not str(array.dtype).endswith(("64", "int32", "bool"))
