import numpy as np
import pytest
from map_samples import KINDS, fit_input, random_vectors, unit

from mmdemo.projection.fit import fit
from mmdemo.projection.layout import FEWEST_FOR_UMAP, pca_layout


def _reports() -> tuple[list[float], object]:
    shares: list[float] = []

    def report(share: float, message: str) -> None:
        assert message
        shares.append(share)

    return shares, report


def _three_kinds(count: int) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal((count, 12)) * 0.05
    return unit(np.eye(12)[np.arange(count) % 3] + noise)


def test_pca_finds_the_plane_that_the_points_lie_in():
    rng = np.random.default_rng(0)
    plane = rng.standard_normal((50, 2)) * (5.0, 1.0)
    turned = (plane @ np.linalg.qr(rng.standard_normal((7, 7)))[0][:2]).astype(np.float32)
    found = pca_layout(turned, 3)
    before, after = (np.linalg.norm(p[:, None] - p[None], axis=2) for p in (plane, found))
    assert after == pytest.approx(before, abs=1e-4)
    assert (found[:, 2] == 0).all()
    assert np.var(found[:, 0]) > np.var(found[:, 1])


def test_pca_does_not_depend_on_the_order_of_the_points():
    vectors = random_vectors(30, 5)
    order = np.random.default_rng(1).permutation(30)
    assert pca_layout(vectors[order], 2) == pytest.approx(pca_layout(vectors, 2)[order], abs=1e-5)


def test_a_fit_reports_a_share_that_never_falls_and_ends_at_one():
    shares, report = _reports()
    fit(fit_input(random_vectors(40), method="pca"), report)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_kinds_become_named_clusters_and_trust_is_measured():
    found = fit(fit_input(_three_kinds(90), method="pca"), _reports()[1])
    assert {name.split(", ")[0] for name in found.cluster_labels} == {*KINDS}
    assert found.quality.keys() == {"trustworthiness", "continuity", "knn_preservation"}
    assert found.quality_k == 15
    assert found.quality_points == len(found) == 90
    assert found.trust.mean() == pytest.approx(found.quality["knn_preservation"])
    assert found.notices == ()


@pytest.mark.parametrize("method", ["umap", "pca"])
@pytest.mark.parametrize("count", [1, 2, 3, FEWEST_FOR_UMAP - 1])
def test_few_points_get_a_map_that_says_so(method, count):
    found = fit(fit_input(random_vectors(count), method=method, dimensions=3), _reports()[1])
    assert found.positions.shape == (count, 3)
    assert len(np.unique(found.positions, axis=0)) == count
    if count == 1:
        assert found.notices == ("The map shows one point, so there is nothing to tell apart.",)
    else:
        assert [notice.startswith("Drawn by PCA") for notice in found.notices] == [True] * (method == "umap")
    assert bool(found.quality) == (count >= 4)
    assert (found.clusters == -1).all()


@pytest.mark.parametrize("method", ["umap", "pca"])
def test_equal_vectors_lie_at_one_place_and_the_map_says_why(method):
    found = fit(fit_input(np.repeat(random_vectors(1), 20, axis=0), method=method), _reports()[1])
    assert (found.positions == 0).all()
    assert found.notices == ("The map shows all 20 vectors are equal, so there is nothing to tell apart.",)
