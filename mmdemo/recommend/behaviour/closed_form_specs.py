"""Entries of the models that are fitted in closed form."""

from mmdemo.fusion.options import Option
from mmdemo.recommend.behaviour.specs import FEATURES, TIMES, BehaviourSpec

_DEGREE = Option(
    "degree", 1.0, "How much less each choice of somebody with many choices counts; 0: not at all.", 0.0, 2.0
)
_WHITEN = Option("whiten", 0.5, "Towards 0.5, directions in which items vary little count like the others.", 0.0, 0.5)
_FACTORS = Option("factors", 64, "Directions that are kept.", 1, 1024)
_RIDGE = Option("ridge", 10.0, "The higher, the smaller and steadier the weights.", 0.01, 1e6)
_MOST = Option("items", 8000, "Most items that get weights; their square is kept in memory.", 1, 20_000)

CLOSED_FORM: tuple[BehaviourSpec, ...] = (
    BehaviourSpec(
        "popularity",
        "Popularity",
        "What most people chose, for everybody alike.",
        "popularity:Popularity",
    ),
    BehaviourSpec(
        "recent-popularity",
        "Recent popularity",
        "What most people chose lately, for everybody alike.",
        "recent_popularity:RecentPopularity",
        needs=frozenset({TIMES}),
        options=(Option("half_life_days", 30.0, "After so many days a choice counts half.", 0.001, 36500.0),),
        grid=tuple({"half_life_days": days} for days in (1.0, 7.0, 30.0, 180.0)),
    ),
    BehaviourSpec(
        "content",
        "Content",
        "Items that look, sound or read like those liked.",
        "content:Content",
        needs=frozenset({FEATURES}),
        options=(
            _WHITEN,
            Option("sharpness", 2.0, "The higher, the more only the very nearest items count.", 1.0, 16.0),
        ),
        grid=tuple({"whiten": whiten, "sharpness": sharp} for whiten in (0.0, 0.25, 0.5) for sharp in (1.0, 2.0, 4.0)),
    ),
    BehaviourSpec(
        "item-knn",
        "Item neighbours",
        "Items that were chosen by the same people.",
        "item_knn:ItemKnn",
        "Sarwar et al. 2001",
        options=(
            Option("neighbours", 200, "Most similar items that each item keeps.", 1, 10_000),
            Option("liked", 0.5, "How much less a liked item counts the more people chose it.", 0.0, 1.0),
            Option("popularity", 0.0, "How much what many chose is held back; 0: not at all.", 0.0, 1.0),
            _DEGREE,
            Option("shrink", 0.0, "Similarity that rests on few people counts less.", 0.0, 1000.0),
        ),
        grid=tuple(
            {"popularity": popularity, "liked": liked, "degree": degree}
            for popularity in (0.0, 0.25, 0.5)
            for liked in (0.0, 0.5)
            for degree in (0.0, 1.0)
        ),
    ),
    BehaviourSpec(
        "ease",
        "EASE",
        "A weight from every item to every other, solved for at once.",
        "ease:Ease",
        "Steck 2019",
        options=(_RIDGE, _DEGREE, _MOST),
        grid=tuple(
            {"ridge": ridge, "degree": degree}
            for degree, ridge in ((1.0, 1.0), (1.0, 10.0), (1.0, 100.0), (0.0, 100.0), (0.0, 500.0))
        ),
    ),
    BehaviourSpec(
        "ease-features",
        "EASE with features",
        "EASE in which items that are alike get weights to each other as well.",
        "ease_features:EaseFeatures",
        "Jeunen, Van Balen & Goethals 2020",
        frozenset({FEATURES}),
        options=(
            _RIDGE,
            _DEGREE,
            Option("weight", 1.0, "How much features count beside choices.", 0.0, 1e6),
            _WHITEN,
            _MOST,
        ),
        grid=tuple(
            {"ridge": ridge, "degree": 1.0, "weight": weight}
            for ridge, weight in ((1.0, 1.0), (10.0, 1.0), (10.0, 10.0))
        ),
    ),
    BehaviourSpec(
        "graph-filter",
        "Graph filter",
        "Smooths a history over the graph of people and items, near and far.",
        "graph_filter:GraphFilter",
        "Shen et al. 2021",
        options=(_FACTORS, Option("low_pass", 0.3, "How much the far view counts beside the near one.", 0.0, 100.0)),
        grid=tuple({"factors": factors, "low_pass": weight} for factors in (32, 256) for weight in (0.0, 0.3, 1.0)),
    ),
    BehaviourSpec(
        "ideal-lowpass",
        "Ideal low-pass filter",
        "Keeps the smoothest part of a history on the graph of items.",
        "ideal_lowpass:IdealLowPass",
        "Shen et al. 2021",
        options=(_FACTORS,),
        grid=tuple({"factors": factors} for factors in (32, 128, 512)),
    ),
    BehaviourSpec(
        "pure-svd",
        "PureSVD",
        "Keeps the directions in which choices vary most.",
        "pure_svd:PureSvd",
        "Cremonesi, Koren & Turrin 2010",
        options=(_FACTORS, _DEGREE),
        grid=tuple({"factors": factors, "degree": degree} for factors in (32, 128, 512) for degree in (0.0, 1.0)),
    ),
    BehaviourSpec(
        "instant",
        "Instant",
        "Walks among people with few choices, with popularity and content added: fitted in about a second.",
        "instant:Instant",
        options=(
            Option("most_items", 300, "People with more choices say less with each, and are left out.", 1, 1_000_000),
            Option("near", 1.0, "Weight of what was chosen together.", 0.0, 10.0),
            Option("far", 0.7, "Weight of walks of three steps.", 0.0, 10.0),
            Option("popular", 0.1, "Weight of popularity.", 0.0, 10.0),
            Option("content", 0.2, "Weight of the features.", 0.0, 10.0),
            Option("filter", 0.0, "Weight of the smoothest directions.", 0.0, 10.0),
            Option("factors", 64, "How many of these.", 1, 1024),
            _WHITEN,
        ),
        grid=tuple(
            {"far": far, "popular": popular, "content": content}
            for far in (0.35, 0.7)
            for popular in (0.1, 0.3)
            for content in (0.1, 0.2)
        ),
    ),
)
"""From simple to elaborate."""

BLEND = BehaviourSpec(
    "blend",
    "Blend",
    "Several models together, each counting as much as proved best on choices kept back.",
    "blend:Blend",
    options=(
        Option("models", "instant,ideal-lowpass", "Names of the models, with commas between them."),
        Option("weights", "", "One number a model; empty: chosen on choices kept back."),
    ),
)
