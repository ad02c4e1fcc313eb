"""Fitting of baselines to a bank with scikit-learn, the library used by the artwork of 2019.

Features are standardised by the bank; the targets are latents, and the loss is their squared error, as in 2019. A
perceptron is saved after every epoch and can be resumed; the others take at most a few minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.core.errors import ModelError
from engine.networks.inversion.latent_bank import DrawnFaces
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import FloatArray
from tools.baselines.baseline import FITTING, Arrays, baseline_path, read_baseline, write_baseline
from tools.baselines.registry import HIDDEN, MEMBERS, BaselineName

RIDGE_PENALTY = 100.0  # for features of standard deviation 1
EPOCHS = 15
TREES, LEAST_IN_LEAF, FACES_PER_TREE = 16, 20, 15_000
SEED = 0


def fit_baseline(
    persona: Persona, name: BaselineName, faces: DrawnFaces, notify: Callable[[str], None], epochs: int = EPOCHS
) -> None:
    """Fit and save a baseline; missing members of an ensemble are fitted first.

    Args:
        faces: faces of the bank, in the baseline's layout.
        epochs: for perceptrons.
    """
    mean, sd = faces.vectors.mean(axis=0), np.maximum(faces.vectors.std(axis=0), 1e-6)
    x = ((faces.vectors - mean) / sd).astype(np.float32)
    if name.kind == "ensemble":
        for kind in MEMBERS:
            member = BaselineName(kind, name.layout)
            if not _is_done(persona, member):
                fit_baseline(persona, member, faces, notify, epochs)
        arrays: Arrays = {}
    elif name.kind == "knn":
        arrays = {"faces": x, "seeds": faces.seeds.astype(np.float32)}
    else:
        z = seed_latents(faces.seeds, persona.settings.latent_size)
        if name.kind in HIDDEN:
            arrays = _fit_perceptron(persona, name, x, z, {"mean": mean, "sd": sd}, epochs)
        else:
            arrays = _fit_forest(x, z) if name.kind == "forest" else _fit_linear(name.kind, x, z)
    path = write_baseline(persona, name, {**arrays, "mean": mean, "sd": sd}, {"faces": str(len(faces))})
    notify(f"{path} ({path.stat().st_size / 2**20:.1f} MiB)")


def _is_done(persona: Persona, name: BaselineName) -> bool:
    try:
        return FITTING not in read_baseline(persona, name)[1]
    except ModelError:
        return False


def _fit_linear(kind: str, x: FloatArray, z: FloatArray) -> Arrays:
    from sklearn.linear_model import LinearRegression, Ridge

    model: Any = LinearRegression() if kind == "linear" else Ridge(RIDGE_PENALTY)
    model.fit(x, z)
    return {"weight0": model.coef_.T, "bias0": model.intercept_}


def _fit_forest(x: FloatArray, z: FloatArray) -> Arrays:
    from sklearn.ensemble import RandomForestRegressor

    most = min(FACES_PER_TREE, len(x))
    model: Any = RandomForestRegressor(
        n_estimators=0,
        min_samples_leaf=LEAST_IN_LEAF,
        max_features="sqrt",
        max_samples=most,
        warm_start=True,
        random_state=SEED,
    )
    for count in tqdm(range(1, TREES + 1), unit=" trees", desc="forest"):
        model.set_params(n_estimators=count).fit(x, z)
    parts: dict[str, list[FloatArray]] = {
        key: [] for key in ("feature", "threshold", "left", "right", "leaf", "values")
    }
    roots, nodes, leaves = [], 0, 0
    for estimator in model.estimators_:
        tree = estimator.tree_
        is_leaf = tree.children_left < 0
        roots.append(nodes)
        parts["feature"].append(np.where(is_leaf, -1, tree.feature))
        parts["threshold"].append(np.where(is_leaf, 0, tree.threshold))
        parts["left"].append(np.where(is_leaf, 0, tree.children_left + nodes))
        parts["right"].append(np.where(is_leaf, 0, tree.children_right + nodes))
        parts["leaf"].append(np.where(is_leaf, np.cumsum(is_leaf) - 1 + leaves, 0))
        parts["values"].append(tree.value[is_leaf, :, 0])
        nodes, leaves = nodes + tree.node_count, leaves + int(is_leaf.sum())
    return {**{key: np.concatenate(arrays) for key, arrays in parts.items()}, "roots": np.array(roots, np.float32)}


def _fit_perceptron(
    persona: Persona, name: BaselineName, x: FloatArray, z: FloatArray, scale: Arrays, epochs: int
) -> Arrays:
    from sklearn.neural_network import MLPRegressor

    model: Any = MLPRegressor(hidden_layer_sizes=HIDDEN[name.kind], random_state=SEED)
    model.partial_fit(x[:1], z[:1])  # allocates its arrays
    done = _go_on(persona, name, [*model.coefs_, *model.intercepts_])
    random = np.random.default_rng(SEED + done)
    with tqdm(total=epochs, initial=done, unit=" epochs", desc=str(name)) as progress:
        for epoch in range(done, epochs):
            order = random.permutation(len(x))
            model.partial_fit(x[order], z[order])
            progress.update()
            progress.set_postfix(error=f"{model.loss_:.4f}")
            write_baseline(persona, name, {**_layers(model), **scale}, {FITTING: str(epoch + 1)})
    return _layers(model)


def _layers(model: Any) -> dict[str, FloatArray]:
    weights = {f"weight{index}": array for index, array in enumerate(model.coefs_)}
    return weights | {f"bias{index}": array for index, array in enumerate(model.intercepts_)}


def _go_on(persona: Persona, name: BaselineName, arrays: list[FloatArray]) -> int:
    """Restore a perceptron's arrays, weights before biases, from its file; returns the number of completed epochs."""
    if not baseline_path(persona, name).exists():
        return 0
    try:
        saved, notes = read_baseline(persona, name)
        half = len(arrays) // 2
        names = [f"weight{index}" for index in range(half)] + [f"bias{index}" for index in range(half)]
        if any(saved[key].shape != array.shape for key, array in zip(names, arrays, strict=True)):
            return 0
        done = int(notes[FITTING])
    except (ModelError, KeyError, ValueError):
        return 0  # for another generator, or finished: start again
    for key, array in zip(names, arrays, strict=True):
        array[...] = saved[key]  # in place: the optimiser refers to these
    return done
