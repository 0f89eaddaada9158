"""Recommending: evidence from similarities, calibration, ranking."""

from mmdemo.recommend.calibrate import CalibrationData, Calibrator, PairReport, table_for
from mmdemo.recommend.evidence import ITEM_KIND, Calibration, KindBackground, PairEvidence
from mmdemo.recommend.ranking import PairDetail, Place, RankedPart, Ranker, Ranking

__all__ = [
    "ITEM_KIND",
    "Calibration",
    "CalibrationData",
    "Calibrator",
    "KindBackground",
    "PairDetail",
    "PairEvidence",
    "PairReport",
    "Place",
    "RankedPart",
    "Ranker",
    "Ranking",
    "table_for",
]
