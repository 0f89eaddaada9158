"""A generated catalogue whose ground truth is known: what every item is, and what every user likes.

For tests and measurements that need a right answer. Latent factors (`FACTORS`) are drawn for each item and shown, each
modality a share of them, as a picture, a sound and a sentence; simulated users have tastes for the factors and their
combinations. Always labelled as generated.
"""

from mmdemo.catalog.world.factors import FACTORS
from mmdemo.catalog.world.users import WorldUsers, feature_names, world_users
from mmdemo.catalog.world.world import World

__all__ = ["FACTORS", "World", "WorldUsers", "feature_names", "world_users"]
