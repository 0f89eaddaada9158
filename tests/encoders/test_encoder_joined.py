import numpy as np
from encoder_samples import FirstNumbers

from mmdemo.encoders.joined import JoinedEncoder


def test_columns_and_classes_stand_side_by_side():
    joined = JoinedEncoder(
        [FirstNumbers("a", 1, classes=("large", "small")), FirstNumbers("b", 2), FirstNumbers("c", 1, classes=("x",))]
    )
    features = joined.encode(["AB", "Cd"])
    np.testing.assert_array_equal(features, [[65, 65, 66, 65], [67, 67, 100, 67]])
    assert joined.class_names == ("large", "small", "x")
    np.testing.assert_allclose(
        joined.class_probabilities(features), [[0.065, 0.935, 0.065], [0.067, 0.933, 0.067]], rtol=1e-6
    )


def test_joins_of_joins_keep_every_part():
    inner = JoinedEncoder([FirstNumbers("a", 1), FirstNumbers("b", 2)])
    outer = JoinedEncoder([FirstNumbers("c", 2), inner])
    assert outer.parts == (slice(0, 2), slice(2, 3), slice(3, 5))


def test_the_key_changes_with_each_part():
    keys = {JoinedEncoder([FirstNumbers("a", 1), FirstNumbers("b", width)]).key for width in (1, 2)} | {
        JoinedEncoder([FirstNumbers("b", 1), FirstNumbers("a", 1)]).key
    }
    assert len(keys) == 3
