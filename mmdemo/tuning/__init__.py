"""Training of encoders from scratch, on the user's own labels or on pairs of media and text.

`fit` takes examples that are decoded and prepared already, and gives the trained network with its score on items that
neither training nor stopping has seen, beside what guessing would score. `mmdemo.engine.tuning` is for workspaces.
"""

from mmdemo.tuning.examples import Examples, Kind, choose_tags
from mmdemo.tuning.fit import Fitted, fit
from mmdemo.tuning.prepare import preparer
from mmdemo.tuning.scores import Scores
from mmdemo.tuning.settings import SETTINGS, Settings

__all__ = ["SETTINGS", "Examples", "Fitted", "Kind", "Scores", "Settings", "choose_tags", "fit", "preparer"]
