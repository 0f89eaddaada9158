"""What a version's own measurements say about which comparisons can be relied on. Imports nothing heavy."""

from collections.abc import Mapping
from typing import Any

from mmdemo.types import Modality

UNRELIABLE_AUC = 0.65
"""Below this chance of telling a matching pair from a random one, the pages say so."""

_A = {"image": "a picture", "audio": "a sound", "video": "a video"}
_PLURAL = {"text": "words", "image": "pictures", "audio": "sounds", "video": "videos"}


def notices_from(metrics: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Plain sentences about the pairs of modalities that cannot be relied on, and about an alignment that fell back.

    Args:
        metrics: `Manifest.metrics` of a version.
        settings: `Manifest.settings` of it.
    """
    held_out: Mapping[str, Mapping[str, float]] = metrics.get("held_out", {})
    weak = []
    for first, second in ((Modality.TEXT, Modality.IMAGE), (Modality.TEXT, Modality.AUDIO)):
        report = held_out.get(f"{first}_to_{second}")
        if report is not None and report["auc"] < UNRELIABLE_AUC:
            weak.append(
                f"These encoders hardly match {_PLURAL[first]} with {_PLURAL[second]}: of a matching and a random "
                f"{second}, they prefer the matching one in {report['auc']:.0%} of cases (guessing: 50%). "
                f"{_PLURAL[second].capitalize()} are found through their items' other parts."
            )
    weak += [
        f"No more than a few items have both words and {_A[modality]}, so how well these encoders match the two is not "
        "known here; scores across them take it to be usual."
        for modality in metrics.get("unmeasured", [])
    ]
    asked, used = settings.get("asked_alignment"), settings.get("alignment")
    if asked is not None and asked != used:
        weak.append(
            f"Too few items have words beside a picture or a sound to fit the alignment '{asked}'; pictures and sounds "
            f"are placed by the words that their encoders have for them instead ('{used}')."
        )
    failed = metrics.get("failed", [])
    if failed:
        weak.append(f"{len(failed)} files could not be encoded and are left out of the comparison.")
    return tuple(weak)
