"""From the name of an encoder to what loads it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mmdemo.encoders.base import Encoder, EncoderSpec, LoadSettings, Origin
from mmdemo.encoders.choice import Choice, split
from mmdemo.encoders.table import DEFAULTS, ENCODERS
from mmdemo.errors import EncoderError
from mmdemo.types import Modality


def find(name: str, *, modality: Modality | None = None) -> EncoderSpec:
    """What a name stands for: an entry of the table, with its source and options settled.

    Args:
        name: FAMILY[:SOURCE][@OPTION], or several of one modality joined by "+".
        modality: Where known, "clap" may stand for "clap-text" or "clap-audio".

    Returns:
        An entry whose `name` is the full name and whose `load` needs no source.

    Raises:
        EncoderError: Unknown family, a source where none is taken or missing where one is needed, encoders of several
            modalities joined, or of another modality than asked for.
    """
    families = {*ENCODERS, *(family.removesuffix(f"-{m}") for family in ENCODERS for m in Modality)}
    specs = [_one(choice, modality) for choice in split(name, families=families)]
    spec = specs[0] if len(specs) == 1 else _joined(specs)
    if modality is not None and spec.modality is not modality:
        raise EncoderError(
            f"'{name}' takes {spec.modality}",
            expected=f"an encoder of {modality} is needed",
            remedy=f"choose one of {', '.join(s.name for s in ENCODERS.values() if s.modality is modality)}",
        )
    return spec


def complete(chosen: Mapping[Modality, str], *, base: Mapping[Modality, str] = DEFAULTS) -> dict[Modality, str]:
    """Full names of the encoders of every modality.

    Args:
        chosen: What was chosen; short names are allowed.
        base: What holds for the modalities that are not named. Frames of videos go through the image encoder in use.

    Raises:
        EncoderError: As `find`.
    """
    names = {**DEFAULTS, **base, **chosen}
    if Modality.IMAGE in chosen and Modality.VIDEO not in chosen and _family(names[Modality.VIDEO]) in _FRAMES:
        names[Modality.VIDEO] = _family(names[Modality.VIDEO])
    found = {modality: find(name, modality=modality).name for modality, name in names.items()}
    if found[Modality.VIDEO] in _FRAMES and found[Modality.IMAGE] != DEFAULTS[Modality.IMAGE]:
        found[Modality.VIDEO] += f":{found[Modality.IMAGE]}"
    return found


def made_of(name: str) -> frozenset[str]:
    """Full names of an encoder and of all that it loads in turn: the parts of a join, the image encoder of frames.

    Raises:
        EncoderError: As `find`.
    """
    full = find(name).name
    choices = split(full, families=ENCODERS)
    inner = list(choices) if len(choices) > 1 else []
    for choice in choices:
        spec = ENCODERS[choice.family]
        if spec.origin == "built":
            parts = _inner(choice, spec)
            inner += [*parts, *((Choice("+".join(map(str, parts))),) if len(parts) > 1 else ())]
    return frozenset({full}).union(*(made_of(str(part)) for part in inner))


_FRAMES = tuple(name for name, spec in ENCODERS.items() if spec.origin == "built")


def _family(name: str) -> str:
    return split(name, families=ENCODERS)[0].family


def _one(choice: Choice, modality: Modality | None) -> EncoderSpec:
    spec = ENCODERS.get(choice.family) or ENCODERS.get(f"{choice.family}-{modality}")
    if spec is None:
        raise EncoderError(
            f"no encoder is named '{choice.family}'",
            expected=f"one of {', '.join(ENCODERS)} is needed, or several joined by '+'",
            remedy="choose one of these",
        )
    if choice.source and not spec.source:
        raise EncoderError(
            f"'{choice}' names a source",
            expected=f"{spec.name} comes in one form only",
            remedy=f"write {spec.name}",
        )
    if not (choice.source or spec.default_source) and spec.source:
        raise EncoderError(
            f"'{choice}' does not say which model",
            expected=f"{spec.name}:SOURCE is needed, SOURCE being a {spec.source}",
            remedy="add it after a colon",
        )
    settled = replace(choice, family=spec.name)
    source = choice.source or spec.default_source
    inner = None
    if spec.origin == "built":  # it is the encoder it is made of that options make faster
        source = "+".join(str(part) for part in _inner(settled, spec))
        inner = find(source, modality=Modality.IMAGE)

    def load_one(settings: LoadSettings) -> Encoder:
        encoder = spec.load(replace(settings, source=source))
        encoder.name = str(settled)
        return encoder

    return replace(
        spec,
        name=str(settled),
        dim=spec.dim if inner is None else inner.dim,
        weights=spec.weights if inner is None else inner.weights,
        licence=spec.licence if inner is None else inner.licence,
        twin=_twin(spec, settled) if inner is None else inner.twin,
        load=load_one,
    )


def _inner(choice: Choice, spec: EncoderSpec) -> list[Choice]:
    """The encoders behind one that is built of others."""
    parts = split(choice.source or spec.default_source, families=ENCODERS)
    return [replace(part, options=part.options + choice.options) for part in parts]


def _twin(spec: EncoderSpec, choice: Choice) -> str:
    """The text encoder of the same source; it is used as it is, whatever makes this one faster."""
    return str(Choice(spec.twin, choice.source)) if spec.twin else ""


def _joined(specs: Sequence[EncoderSpec]) -> EncoderSpec:
    """The entry of "a+b": the features of several encoders side by side."""
    name = "+".join(spec.name for spec in specs)

    def load_joined(settings: LoadSettings) -> Encoder:
        from mmdemo.encoders import load
        from mmdemo.encoders.joined import JoinedEncoder

        return JoinedEncoder([load(spec.name, device=settings.device, progress=settings.progress) for spec in specs])

    modalities = sorted({spec.modality for spec in specs})
    if len(modalities) > 1:
        raise EncoderError(
            f"'{name}' joins encoders of {' and '.join(modalities)}",
            expected="joined encoders must take the same modality",
            remedy="join encoders of one modality",
        )
    dims = [spec.dim for spec in specs]
    origins: list[Origin] = [spec.origin for spec in specs if spec.origin != "offline"]
    return EncoderSpec(
        name=name,
        modality=specs[0].modality,
        dim=None if None in dims else sum(filter(None, dims)),
        summary=" ".join(spec.summary for spec in specs),
        licence=" AND ".join(dict.fromkeys(spec.licence for spec in specs)),
        weights=tuple(dict.fromkeys(weight for spec in specs for weight in spec.weights)),
        load=load_joined,
        origin=origins[0] if origins else "offline",
    )
