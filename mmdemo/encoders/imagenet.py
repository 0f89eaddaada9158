"""The names of the 1000 ImageNet classes, in the order of every ImageNet classifier."""

from importlib.util import find_spec
from pathlib import Path

from mmdemo.errors import EncoderError


def imagenet_class_names() -> tuple[str, ...]:
    """Names such as "tabby, tabby cat", read from timm's data files; importing timm itself would take seconds.

    Raises:
        EncoderError: timm is not installed or keeps them elsewhere.
    """
    package = find_spec("timm")
    try:
        if package is None or package.origin is None:
            raise FileNotFoundError("timm")
        folder = Path(package.origin).parent / "data" / "_info"
        lines = (folder / "imagenet_synset_to_lemma.txt").read_text(encoding="utf-8").splitlines()
        names = dict(line.split("\t", 1) for line in lines)
        synsets = (folder / "imagenet_synsets.txt").read_text(encoding="utf-8").split()
        return tuple(names[synset] for synset in synsets)
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(
            f"the ImageNet class names cannot be read ({error})",
            expected="timm with its data files is needed",
            remedy="install timm in the version that constraints.txt pins",
        ) from error
