"""What is known of each point beyond its place: is it a hub, and does its item's other modality find it?"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mmdemo.projection.neighbours import Report, largest, row_blocks
from mmdemo.types import FloatArray

HUB_NEIGHBOURS = 10


def cross_modal_measures(
    vectors: FloatArray, item_rows: npt.NDArray[np.int32], modalities: npt.NDArray[np.uint8], *, report: Report
) -> Mapping[str, FloatArray]:
    """Measure "hubness" and "partner_rank" of every point; see `mmdemo.projection.map.Map.measures`.

    The partner of a point is the first other modality that its item has in the order text, image, audio. Points as
    near as the partner count half, which is their expected place under a random order.

    Args:
        vectors: (P, D) float32, unit length.
        item_rows: (P,) ascending within a modality.
        modalities: (P,) codes.
        report: Called after every block.
    """
    ranks = np.full(len(vectors), np.nan, np.float32)
    codes = [int(code) for code in np.unique(modalities)]
    members = {code: np.flatnonzero(modalities == code) for code in codes}
    hubness = np.full(len(vectors), np.nan, np.float32)
    if len(codes) > 1:
        hubness[:] = 0.0
    pairs = [(asking, asked) for asked in codes for asking in codes if asking != asked]
    for step, (asking, asked) in enumerate(pairs):
        queries, candidates = members[asking], members[asked]
        partner = _positions_of(item_rows[queries], item_rows[candidates])
        for block in row_blocks(len(queries), len(candidates)):
            similarity = vectors[queries[block]] @ vectors[candidates].T
            nearest, _ = largest(similarity, min(HUB_NEIGHBOURS, len(candidates)))
            hubness[candidates] += np.bincount(nearest.ravel(), minlength=len(candidates))
            fresh = (partner[block] >= 0) & np.isnan(ranks[queries[block]])
            rows = np.flatnonzero(fresh)
            ranks[queries[block][rows]] = _ranks(similarity[rows], partner[block][rows])
            report((step + block.stop / len(queries)) / len(pairs), "asking each modality for the others")
    return {"hubness": hubness, "partner_rank": ranks}


def _positions_of(wanted: npt.NDArray[np.int32], rows: npt.NDArray[np.int32]) -> npt.NDArray[np.intp]:
    """Where each wanted item stands in the ascending `rows`, -1 where it does not."""
    at = np.searchsorted(rows, wanted).clip(max=len(rows) - 1)
    return np.where(rows[at] == wanted, at, -1)


def _ranks(similarity: FloatArray, partner: npt.NDArray[np.intp]) -> FloatArray:
    own = np.take_along_axis(similarity, partner[:, None], axis=1)
    ahead = (similarity > own).sum(axis=1)
    tied = (similarity == own).sum(axis=1) - 1
    return (1.0 + ahead + tied / 2.0).astype(np.float32)
