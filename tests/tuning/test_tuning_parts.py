"""The parts of training: what is learned from, how it is changed, how it is scored."""

import numpy as np
import pytest
import torch

from mmdemo.errors import CatalogError
from mmdemo.training import seeded
from mmdemo.tuning.augment import augment_pictures, augment_sounds
from mmdemo.tuning.examples import Examples, choose_tags, split
from mmdemo.tuning.objectives import PairObjective
from mmdemo.tuning.scores import score_pairs, score_tags


def examples(count: int, *, groups=None) -> Examples:
    owners = np.repeat(np.arange(count), 2)
    windows = np.arange(2 * count, dtype=np.float32)[:, None, None]
    targets = np.eye(count, dtype=np.float32)
    return Examples("tags", windows, owners, targets, np.arange(count) if groups is None else groups)


class TestExamples:
    def test_the_three_parts_share_no_group_and_lose_nothing(self):
        groups = np.arange(200) // 3
        parts = split(examples(200, groups=groups), seed=1)
        names = [set(part.groups.tolist()) for part in (parts.train, parts.validation, parts.test)]
        assert sum(map(len, names)) == len(set.union(*names))
        assert len(parts.train) + len(parts.validation) + len(parts.test) == 200
        assert len(parts.test) == pytest.approx(40, abs=4)

    def test_items_keep_their_windows_and_targets(self):
        taken = examples(10).take(np.array([2, 7]))
        assert taken.windows.ravel().tolist() == [4, 5, 14, 15]
        assert taken.owners.tolist() == [0, 0, 1, 1]
        assert taken.targets.argmax(axis=1).tolist() == [2, 7]

    def test_too_few_different_texts_are_refused(self):
        with pytest.raises(CatalogError, match="39 different texts"):
            split(examples(80, groups=np.arange(80) % 39), seed=0)

    def test_rare_tags_and_tags_of_all_are_left_out(self):
        tags = [("all", "even" if n % 2 == 0 else "odd", *(["rare"] if n < 7 else [])) for n in range(40)]
        names, targets = choose_tags(tags)
        assert names == ("even", "odd")
        np.testing.assert_array_equal(targets.sum(axis=0), [20, 20])
        with pytest.raises(CatalogError, match="train on pairs"):
            choose_tags([("all",)] * 40)


class TestScores:
    def test_average_precision_by_hand(self):
        """Relevant at ranks 1 and 3 of 4: (1/1 + 2/3) / 2; a tag of nobody says nothing."""
        found = np.array([[4.0, 1], [3, 2], [2, 3], [1, 4]])
        scores = score_tags(found, np.array([[1.0, 0], [0, 0], [1, 0], [0, 0]]), seed=0)
        assert scores.value == pytest.approx(5 / 6)

    def test_guessing_is_not_called_better_than_chance_and_knowing_is(self):
        rng = np.random.default_rng(0)
        targets = (rng.random((60, 3)) < 0.3).astype(np.float32)
        guesses = [score_tags(rng.random((60, 3)), targets, seed=n) for n in range(40)]
        assert sum(guess.better_than_chance for guess in guesses) <= 6
        assert np.mean([guess.value for guess in guesses]) == pytest.approx(guesses[0].chance, abs=0.03)
        assert score_tags(targets + 0.1 * rng.random((60, 3)), targets, seed=0).value == 1.0

    def test_pairs_by_hand(self):
        found = np.array([[0.9, 0.1, 0.2], [0.5, 0.4, 0.3], [0.1, 0.1, 0.1]])
        scores = score_pairs(found, seed=0)
        assert scores.value == pytest.approx((1.0 + 0.5 + 0.5) / 3)
        assert scores.chance == pytest.approx(0.5, abs=0.02)
        assert score_pairs(np.eye(30), seed=0).better_than_chance


class TestAugmentation:
    def test_pictures_stay_in_range_and_differ_from_draw_to_draw(self):
        with seeded(0):
            pixels = torch.rand(4, 3, 32, 32) * 2 - 1
            first, second = augment_pictures(pixels), augment_pictures(pixels)
        assert first.shape == pixels.shape
        assert first.abs().max() <= 1
        assert not torch.equal(first, second)
        with seeded(0):
            torch.rand(4, 3, 32, 32)
            torch.testing.assert_close(augment_pictures(pixels), first, rtol=0, atol=0)

    def test_pictures_are_mirrored_about_half_the_time(self):
        ramp = torch.linspace(-0.8, 0.8, 32).expand(64, 3, 32, 32)
        with seeded(0):
            changed = augment_pictures(ramp)
        rising = (changed[:, 0, 16, 24] > changed[:, 0, 16, 8]).float().mean()
        assert 0.3 < rising < 0.7

    def test_sounds_keep_what_they_are(self):
        """A steady band stays that band, at any shift and gain, but for the masks."""
        windows = torch.zeros(64, 150, 64)
        windows[:, :, 20] = 3.0
        with seeded(0):
            changed = augment_sounds(windows)
        loudest = changed.mean(1).argmax(1)
        assert (loudest == 20).float().mean() > 0.7
        assert changed[:, :, 20].max() < 3.0 + 0.6 + 1e-4
        assert changed.min() >= 0

    def test_a_gain_is_a_gain_of_power(self):
        power = torch.full((256, 150, 64), 0.01)
        with seeded(1):
            changed = augment_sounds(torch.log10(1e4 * power + 1))
        gain_db = 10 * torch.log10((10**changed - 1) / 1e4 / 0.01)
        assert gain_db.abs().max() <= 6.0 + 1e-3
        assert gain_db.std() > 2


class TestPairObjective:
    def test_the_loss_is_infonce(self):
        """By hand for two pairs of different texts: the mean of both directions' cross-entropies."""
        objective = PairObjective(torch.nn.Identity(), 2, 2, dropout=0.0)
        answers, texts = torch.tensor([[2.0, 0.0], [0.0, 3.0]]), torch.tensor([[1.0, 0.0], [0.6, 0.8]])
        scale = objective.log_scale.exp()
        logits = scale * torch.tensor([[1.0, 0.6], [0.0, 0.8]])
        rows, columns = logits.log_softmax(1).diagonal().mean(), logits.log_softmax(0).diagonal().mean()
        torch.testing.assert_close(objective.loss(answers, texts, torch.tensor([0, 1])), -(rows + columns) / 2)

    def test_items_of_one_text_share_the_right_answer(self):
        objective = PairObjective(torch.nn.Identity(), 2, 2, dropout=0.0)
        answers = torch.nn.functional.normalize(torch.tensor([[1.0, 0.1], [1.0, 0.0], [0.0, 1.0]]), dim=-1)
        right = torch.tensor([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
        logits = objective.log_scale.exp() * answers @ answers.T
        expected = -((right * logits.log_softmax(1)).sum(1).mean() + (right * logits.log_softmax(0)).sum(0).mean()) / 2
        torch.testing.assert_close(objective.loss(answers, answers, torch.tensor([5, 5, 6])), expected)
