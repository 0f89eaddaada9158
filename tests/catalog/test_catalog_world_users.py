import numpy as np
import pytest

from mmdemo.catalog.world import FACTORS, World, feature_names, world_users
from mmdemo.errors import CatalogError

WORLD = World(n=500, seed=5)


@pytest.fixture(scope="module")
def simulated():
    return world_users(WORLD, users=300, choices=15, seed=2)


def test_shapes_and_names_fit_each_other(simulated):
    features = len(feature_names())
    assert simulated.tastes.shape == (300, features)
    assert simulated.features.shape == (500, features)
    assert simulated.interactions.shape == (300, 500)
    assert (len(set(simulated.user_ids)), len(set(simulated.item_ids))) == (300, 500)
    assert simulated.item_ids[7] == WORLD.item(7).item_id


def test_features_say_what_the_items_are(simulated):
    names = feature_names()
    item = WORLD.item(11)
    truth = {name: item.extra[f"factor:{name}"] for name in FACTORS}
    expected = {f"{name}={value}" for name, value in truth.items()}
    expected |= {f"{one}={truth[one]}&{other}={truth[other]}" for one, other in (("kind", "colour"), ("mood", "tempo"))}
    assert {names[column] for column in np.flatnonzero(simulated.features[11])} == expected


def test_every_user_chooses_about_as_many_as_asked_and_nothing_twice(simulated):
    counts = np.diff(simulated.interactions.indptr)
    assert counts.min() >= 1
    assert abs(counts.mean() - 15) < 1
    assert (simulated.interactions.data == 1).all()
    assert simulated.interactions.has_canonical_format


def test_users_choose_what_they_like(simulated):
    """The mean rank of chosen items by true utility: 0 is best, a half is chance."""
    utilities = simulated.utilities()
    ranks = (-utilities).argsort(axis=1).argsort(axis=1) / utilities.shape[1]
    chosen = simulated.interactions.toarray().astype(bool)
    assert ranks[chosen].mean() < 0.1


def test_the_combination_matters_beyond_the_factors_alone(simulated):
    single = sum(len(values) for values in FACTORS.values())
    residual = simulated.utilities() - simulated.tastes[:, :single] @ simulated.features[:, :single].T
    assert residual.var() > 0.2 * simulated.utilities().var()


def test_a_user_does_not_depend_on_how_many_others_there_are(simulated):
    few = world_users(WORLD, users=3, choices=15, seed=2)
    assert (few.tastes == simulated.tastes[:3]).all()
    assert (few.interactions != simulated.interactions[:3]).nnz == 0


def test_temperature_goes_from_best_only_to_anything():
    def mean_rank(temperature):
        drawn = world_users(WORLD, users=60, choices=10, temperature=temperature)
        ranks = (-drawn.utilities()).argsort(axis=1).argsort(axis=1) / WORLD.n
        return ranks[drawn.interactions.toarray().astype(bool)].mean()

    assert mean_rank(1e-3) < 0.02
    assert 0.45 < mean_rank(1e3) < 0.55


def test_nobody_chooses_more_than_there_is():
    assert world_users(World(n=4), users=5, choices=50).interactions.sum(axis=1).max() == 4


@pytest.mark.parametrize("arguments", [{"users": 0}, {"choices": 0}, {"temperature": 0}, {"seed": -1}], ids=str)
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(CatalogError):
        world_users(World(n=4), **arguments)
