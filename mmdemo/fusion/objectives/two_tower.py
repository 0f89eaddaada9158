"""Users and items as two towers: a learned vector a user, the fused vector an item."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mmdemo.fusion.base import Fusion
from mmdemo.fusion.data import FusionData, IntArray
from mmdemo.fusion.objectives.base import Objective, Setup, vectors_of
from mmdemo.fusion.objectives.choices import divide

_CUTOFF = 10
_SCALE = 10.0


class TwoTower(Objective):
    """`score = s p_user · u_item` with a learned vector p a user, the fused vector u, and a learned scale s.

    Items are described by their held-out vectors, with modality dropout in training.
    """

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self.choices = divide(setup.data, seed=setup.seed)
        self.users = nn.Embedding(self.choices.users, setup.data.shape.shared)
        nn.init.normal_(self.users.weight, std=setup.data.shape.shared**-0.5)
        self.scale = nn.Parameter(torch.tensor(_SCALE))
        self.examples, self.checks = len(self.choices.train), len(self.choices.validation)
        self._items = self.batch(np.arange(self.choices.items))

    def loss(self, fusion: Fusion, examples: Tensor) -> Tensor:
        """See `Objective`."""
        pairs = self.choices.train[examples.cpu().numpy()]
        rng = np.random.default_rng(int(torch.randint(2**31, ())))
        return self.loss_of(fusion, pairs, rng=rng)

    def validation(self, fusion: Fusion) -> float:
        """See `Objective`."""
        return float(self.loss_of(fusion, self.choices.validation, rng=np.random.default_rng(self.setup.seed)))

    def loss_of(self, fusion: Fusion, pairs: IntArray, *, rng: np.random.Generator) -> Tensor:
        """Loss of choices (B, 2), held against items that are drawn from `rng`."""
        raise NotImplementedError

    def measures(self, fusion: Fusion, data: FusionData) -> dict[str, float]:
        """Recall@10 and AUC of held-out choices, each the mean over users.

        A user ranks the known items but those chosen in the other parts. The same for choices of test items, which
        were never seen, among all test items ("new items").
        """
        known, found = self.choices, {}
        seen = np.concatenate([known.train, known.validation])
        fresh = np.sort(data.test[data.present[data.test].any(axis=1)])
        for suffix, pairs, candidates in (("", known.test, known.known), (" of new items", known.new, fresh)):
            if len(pairs):
                vectors = vectors_of(fusion, data, candidates)
                recalls, areas = self._ranking(vectors, candidates, pairs, seen)
                if recalls:
                    found[f"Recall@{_CUTOFF}{suffix}"] = float(np.mean(recalls))
                    found[f"AUC{suffix}"] = float(np.mean(areas))
        return found

    def scaled_users(self, users: IntArray) -> Tensor:
        """Vectors (B, D) of users (B,), times the scale."""
        return self.users(torch.from_numpy(users).to(self.scale.device)) * self.scale

    def vectors_at(self, fusion: Fusion, items: IntArray) -> Tensor:
        """Fused vectors (B, D) of items (B,), in training with modality dropout; each item is fused once."""
        rows, place = np.unique(items, return_inverse=True)
        batch = self._items.take(torch.from_numpy(rows).to(self.scale.device))
        vectors = fusion.vectors(self.hide(batch) if self.training else batch)
        return vectors[torch.from_numpy(place).to(vectors.device)]

    def _ranking(
        self, vectors: Tensor, candidates: IntArray, pairs: IntArray, seen: IntArray
    ) -> tuple[list[float], list[float]]:
        """Recall and area of each user of `pairs` who leaves something to rank behind."""
        recalls: list[float] = []
        areas: list[float] = []
        for user in np.unique(pairs[:, 0]):
            with torch.no_grad():
                scores = (self.users.weight[int(user)] @ vectors.to(self.scale.device).T).cpu().numpy()
            right = np.isin(candidates, pairs[pairs[:, 0] == user, 1])
            unseen = ~np.isin(candidates, seen[seen[:, 0] == user, 1])
            wins, others = scores[right & unseen], scores[unseen & ~right]
            if len(wins) and len(others):
                ahead = (others[None] > wins[:, None]).sum(axis=1) + (others[None] == wins[:, None]).sum(axis=1) / 2
                own = (wins[None] > wins[:, None]).sum(axis=1)
                recalls.append(float(np.mean(ahead + own < _CUTOFF)))
                areas.append(float(np.mean(1.0 - ahead / len(others))))
        return recalls, areas


class Bpr(TwoTower):
    """`L = -log sigmoid(s_ui - s_uj)`: i a choice of the user, j evenly drawn from what the user did not choose.

    Rendle et al. 2009, section 4.1 (BPR-Opt); the regularisation is the optimizer's weight decay.
    """

    def loss_of(self, fusion: Fusion, pairs: IntArray, *, rng: np.random.Generator) -> Tensor:
        """See `TwoTower`."""
        others = self.choices.not_chosen(pairs[:, 0], rng=rng)
        chosen, other = self.vectors_at(fusion, np.concatenate([pairs[:, 1], others])).split(len(pairs))
        return -functional.logsigmoid((self.scaled_users(pairs[:, 0]) * (chosen - other)).sum(dim=1)).mean()


class SampledSoftmax(TwoTower):
    """Cross-entropy of the choice among itself and items drawn for the whole batch, with repetition.

    With `draw="popular"` item j is drawn as often as all users chose it, with probability `Q_j`, and every logit is
    lowered by `log Q_j`, so that in the mean it is the softmax over all items (Bengio & Senecal 2008; Yi et al. 2019,
    section 4). With "uniform" all are drawn alike, which needs no correction. Drawn items that the user chose do not
    count.
    """

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        counts = np.bincount(self.choices.train[:, 1], minlength=self.choices.items).astype(np.float64)
        if setup.options["draw"] == "uniform":
            counts = np.isin(np.arange(self.choices.items), self.choices.known).astype(np.float64)
        self._chance = counts / counts.sum()

    def loss_of(self, fusion: Fusion, pairs: IntArray, *, rng: np.random.Generator) -> Tensor:
        """See `TwoTower`."""
        drawn = rng.choice(self.choices.items, int(self.setup.options["negatives"]), p=self._chance)
        users = np.repeat(pairs[:, 0], len(drawn))
        own = self.choices.chosen(users, np.tile(drawn, len(pairs))).reshape(len(pairs), len(drawn))
        own |= drawn[None] == pairs[:, 1:]
        vectors = self.vectors_at(fusion, np.concatenate([pairs[:, 1], drawn]))
        chosen, others = vectors[: len(pairs)], vectors[len(pairs) :]
        asking = self.scaled_users(pairs[:, 0])
        right = (asking * chosen).sum(dim=1) - self._log_chance(pairs[:, 1])
        wrong = (asking @ others.T - self._log_chance(drawn)).masked_fill(
            torch.from_numpy(own).to(right.device), -torch.inf
        )
        return (torch.logsumexp(torch.cat([right[:, None], wrong], dim=1), dim=1) - right).mean()

    def _log_chance(self, items: IntArray) -> Tensor:
        """`log Q` (B,) of items (B,); one that nobody chose in training counts as chosen by a fraction of a user."""
        floor = 0.1 * self._chance[self._chance > 0].min()
        chance = np.log(np.maximum(self._chance[items], floor)).astype(np.float32)
        return torch.from_numpy(chance).to(self.scale.device)
