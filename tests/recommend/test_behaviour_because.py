"""Values of a history's items for games whose answer is known."""

import numpy as np
import pytest
from behaviour_samples import fitted, of_rows, tiny_data
from scipy.sparse import csr_matrix

from mmdemo.recommend.behaviour import fit
from mmdemo.recommend.behaviour.base import BehaviourModel
from mmdemo.recommend.behaviour.because import left_out_values, shapley_values
from mmdemo.recommend.behaviour.popularity import Popularity


def _gloves(members):
    """One left glove (0) and two right ones: a pair is worth 1, and 5 is there anyway."""
    return 5.0 + (members[:, 0] & (members[:, 1] | members[:, 2]))


def test_shapley_values_of_the_glove_game():
    values, constant = shapley_values(_gloves, 3)
    np.testing.assert_allclose(values, [2 / 3, 1 / 6, 1 / 6])
    assert constant == 5
    assert shapley_values(lambda members: np.full(len(members), 3.0), 0)[0].tolist() == []


def test_what_is_lost_when_one_is_left_out_of_the_glove_game():
    values, constant = left_out_values(_gloves, 3)
    assert values.tolist() == [1, 0, 0]
    assert constant == 5


class _Pairs(Popularity):
    """Scores an item by how many pairs of items there are in the history; a sum over the history it is not."""

    def _scores(self, histories: csr_matrix) -> np.ndarray:
        count = np.diff(histories.indptr)
        return np.outer(count * (count - 1) / 2, self.shares).astype(np.float32)

    _explain = BehaviourModel._explain


@pytest.mark.parametrize(("liked", "how", "value"), [(4, "shapley", 1.5), (12, "left out", 11.0)])
def test_a_model_that_is_no_sum_is_explained_by_parts_of_the_history(liked, how, value):
    model = _Pairs(fitted("popularity").settings, np.full(90, 1, np.float32))
    because = model.explain(of_rows([list(range(3, 3 + liked))], 90), 7)
    assert because.how == how
    np.testing.assert_allclose(because.values, value)
    assert because.constant == 0


@pytest.mark.parametrize("sharpness", [1.0, 2.0, 3.5])
def test_shares_of_tables_sum_to_the_score_of_content(sharpness):
    data, features = tiny_data()
    model = fit("content", data, features, {"sharpness": sharpness})
    because = model.explain(data.chosen[1], 40)
    assert because.constant + because.values.sum() == pytest.approx(model.scores(data.chosen[1])[0, 40], rel=1e-4)
    assert because.values[because.order].tolist() == sorted(because.values, reverse=True)
