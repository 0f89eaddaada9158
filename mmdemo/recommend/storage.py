"""A calibration as named arrays, for the workspace, and back."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mmdemo.recommend.evidence import Calibration, KindBackground, PairEvidence
from mmdemo.types import Modality


def calibration_to_arrays(calibration: Calibration) -> dict[str, npt.NDArray]:
    """Everything a `Calibration` is made of, under names that start with "calibration."."""
    arrays: dict[str, npt.NDArray] = {}
    for (query, table), pair in calibration.pairs.items():
        prefix = f"calibration.pair.{query}.{table}."
        arrays[prefix + "statistics"] = np.array([pair.mean, pair.spread, pair.separation], np.float64)
        arrays[prefix + "quantiles"] = pair.quantiles
    for kind, background in calibration.kinds.items():
        arrays[f"calibration.kind.{kind}.quantiles"] = background.quantiles
        arrays[f"calibration.kind.{kind}.no_match"] = np.array([background.no_match], np.float64)
    return arrays


def calibration_from_arrays(arrays: Mapping[str, npt.NDArray]) -> Calibration:
    """The `Calibration` that `calibration_to_arrays` took apart."""
    pairs, kinds = {}, {}
    for name, values in arrays.items():
        if name.startswith("calibration.pair.") and name.endswith(".statistics"):
            prefix = name.removesuffix("statistics")
            query, _, table = prefix.removeprefix("calibration.pair.").rstrip(".").partition(".")
            mean, spread, separation = values.tolist()
            quantiles = arrays[prefix + "quantiles"].astype(np.float32, copy=False)
            pairs[Modality(query), table] = PairEvidence(mean, spread, separation, quantiles)
        elif name.startswith("calibration.kind.") and name.endswith(".no_match"):
            prefix = name.removesuffix("no_match")
            kind = prefix.removeprefix("calibration.kind.").rstrip(".")
            kinds[kind] = KindBackground(arrays[prefix + "quantiles"], float(values[0]))
    return Calibration(pairs, kinds)
