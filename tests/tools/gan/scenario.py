"""What a training does from its beginning to its end, told as JSON: `python -m tests.tools.gan.scenario FOLDER`.

It runs in a process of its own, as TensorFlow and software OpenGL cannot share one, and without compiling, which takes
longer than all the rest. `test_trainer.py` reads what it tells.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from engine.core.clock import ManualClock
from engine.core.errors import NarcissusError
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings
from engine.networks.pggan.latent_sphere import seed_latents
from engine.networks.pggan.weight_file import read_arrays, read_network, write_arrays, write_network
from tests.tools.gan.tiny import LEVEL, PLAN, training
from tools.gan.growth_schedule import Stage
from tools.gan.initial_state import begin, exact_arrays, go_on
from tools.gan.trainer import Training
from tools.train_gan import Session

LATENTS = seed_latents(range(2), 512)


def _values(going: Training) -> dict[str, np.ndarray]:
    networks = going.networks
    state = {part: [np.asarray(value) for value in values] for part, values in going.state.items()}
    return exact_arrays(networks.generator, networks.discriminator, networks.encoder, state)


def _greatest_difference(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> float:
    assert a.keys() == b.keys()
    return max(float(np.abs(a[name] - b[name]).max()) for name in a)


def _message(action: Callable[[], Any]) -> str:
    try:
        action()
    except NarcissusError as error:
        return str(error)
    return "nothing was refused"


def run(folder: Path) -> dict[str, Any]:
    """Everything, in turn."""
    told: dict[str, Any] = {}
    going = training(folder / "training")
    fresh = _values(going)
    for step in range(3):
        going.advance(LEVEL)
        if step == 1:
            shutil.copytree(going.save(), folder / "saved")
    values, random = _values(going), going.batches.random_state
    told["changed"] = sorted({n.split("/")[0] for n in values if not np.array_equal(values[n], fresh[n])})
    told["measures"] = going.take_measures()
    told["looking_changes"] = _greatest_difference(_values(going), values) or going.batches.random_state != random
    resumed = training(folder / "resumed", go_on(folder / "saved", {}))
    resumed.advance(LEVEL)
    told["resumed_differs"] = _greatest_difference(_values(resumed), values)
    told["resumed_progress"] = resumed.progress == going.progress and resumed.plan == going.plan
    told["snapshot"] = sorted(str(path.relative_to(folder)) for path in going.write_snapshot().iterdir())
    shipped = go_on(Path("training/portraits"), {})
    told["shipped"] = [shipped.plan.resolution, shipped.has_encoder, shipped.progress.kimg > 0]
    told |= _going_on(folder) | _refusals(folder) | _divergence(folder) | _session(folder)
    return told


def _shared_form(folder: Path, name: str, *without: str, **state: object) -> Path:
    """What another trainer leaves: no exact parts, no progress, few words in state.json."""
    target = folder / name
    target.mkdir()
    for part in {"generator", "average", "discriminator", "encoder", "heads"} - set(without):
        shutil.copy(folder / "saved" / f"{part}.safetensors", target)
    content = {"resolution": 8, "fmap_base": 32, "fmap_max": 8, "kimg": 1.5, "stage": 1, "critic_fmap_max": 8}
    (target / "state.json").write_text(json.dumps({**content, **state}))
    return target


def _going_on(folder: Path) -> dict[str, Any]:
    shared = _shared_form(folder, "shared", "generator")
    other = go_on(shared, {"batch": 16, "weights": {"pix": 7.0}})
    small = training(folder / "small", other)
    small.progress.level = LEVEL
    drawn = small.draw(LATENTS)
    wide = training(folder / "wide", go_on(shared, {}, widen=16))
    wide.progress.level = LEVEL
    grown = training(folder / "grown", go_on(shared, {"resolution": 16}))
    grown.progress.level = LEVEL
    encoder = read_arrays(shared / "encoder.safetensors")
    pilot = _shared_form(folder, "pilot", "heads")
    kept = {name: array for name, array in encoder.items() if not name.startswith("direct")}
    write_arrays(pilot / "encoder.safetensors", kept, {})
    earlier = go_on(pilot, {})
    return {
        "shared": [other.progress.kimg, other.progress.count, other.plan.batch, other.plan.weights.pix],
        "begins_at_average": all(map(np.array_equal, other.state["generator"], other.state["average"])),
        "widened_differs": float(np.abs(wide.draw(LATENTS) - drawn).max()),
        "widened_to": wide.plan.fmap_max,
        "wide_critic": wide.plan.critic_fmap_max,
        "widening_moves": float(np.abs(np.diff(np.split(wide.state["generator"][2], 2, axis=2), axis=0)).max()),
        "grown_differs": float(np.abs(grown.draw(LATENTS) - drawn).max()),
        "pilot_direct": float(np.abs(earlier.encoder.parts[4].weight).max()),
        "drawn_spread": float(drawn.std()),
    }


def _refusals(folder: Path) -> dict[str, Any]:
    saved = folder / "saved"
    broken = {name: _shared_form(folder, name) for name in ("encoder", "heads", "nan", "other", "state", "mixing")}
    cut = broken["heads"] / "heads.safetensors"
    cut.write_bytes(cut.read_bytes()[:-100])
    arrays = read_arrays(broken["encoder"] / "encoder.safetensors")
    write_arrays(broken["encoder"] / "encoder.safetensors", {**arrays, "hidden.bias": np.zeros(3, np.float32)}, {})
    settings, judge = read_network(broken["nan"] / "discriminator.safetensors", DiscriminatorSettings)
    judge["4x4/Dense1/bias"][:] = np.nan
    write_network(broken["nan"] / "discriminator.safetensors", settings, judge)
    stranger = begin({**PLAN, "fmap_base": 64})
    shapes = {f"{n}/{k}": np.zeros(getattr(layer.official, f"{k}_shape"), np.float32)
              for n, layer in stranger.discriminator.by_name.items() for k in ("weight", "bias")}  # fmt: skip
    write_network(broken["other"] / "discriminator.safetensors", stranger.discriminator.settings, shapes)
    (broken["state"] / "state.json").write_text('{"resolution": 64, "fmap_base": 32, "fmap_max": 8}')
    heads = read_arrays(broken["mixing"] / "heads.safetensors")
    unmixed = {name: array for name, array in heads.items() if not name.startswith("mixing")}
    write_arrays(broken["mixing"] / "heads.safetensors", unmixed, {})
    settings, average = read_network(saved / "average.safetensors", GeneratorSettings)
    fused = _shared_form(folder, "fused")
    plain = GeneratorSettings(**{**vars(settings), "use_pixelnorm": False})
    write_network(fused / "average.safetensors", plain, average)
    return {
        "refusals": {
            **{name: _message(lambda path=path: go_on(path, {})) for name, path in {**broken, "fused": fused}.items()},
            "absent": _message(lambda: go_on(folder / "absent", {})),
            "fmap_base": _message(lambda: go_on(saved, {"fmap_base": 64})),
            "resolution": _message(lambda: go_on(saved, {"resolution": 4})),
            "widen": _message(lambda: go_on(saved, {}, widen=40)),
            "no_network": _message(lambda: begin({"fmap_base": 1})),
        }
    }


def _divergence(folder: Path) -> dict[str, Any]:
    kept = Path(shutil.copytree(folder / "saved", folder / "diverging" / "checkpoint-0000002"))
    going = training(kept.parent, go_on(kept, {}))
    going.state["generator"][0] = np.full_like(going.state["generator"][0], np.nan)
    going.advance(LEVEL)
    diverged = _message(going.save)
    infinite = training(folder / "infinite", go_on(folder / "saved", {}))
    infinite.state["average"][0] = np.full_like(infinite.state["average"][0], np.inf)
    return {
        "diverged": diverged,
        "kept": [path.name for path in kept.parent.glob("checkpoint-*")],
        "infinite": _message(infinite.save),
    }


def _session(folder: Path) -> dict[str, Any]:
    clock, output = ManualClock(), folder / "session"
    going = training(output)
    random = [array.copy() for array in going.state["encoder"]]
    going.compute_encoder()
    computed = [index for index, array in enumerate(going.state["encoder"]) if not np.array_equal(array, random[index])]
    going.progress.level = LEVEL
    before = going.viewers()[1]
    advance = going.advance

    def timed(level: int, factor: float) -> None:
        factors.append(factor)
        advance(level, factor)
        clock.advance(20)

    factors: list[float] = []
    going.advance = timed  # type: ignore[method-assign]
    session = Session(going, output, clock, save_s=600, fade_s=60)
    try:
        path = session.run((Stage(8, 2.5),), is_stopped=lambda: False)
    finally:
        session.close()
    portraits, reflections = going.viewers()
    exact = portraits / 127.5 - 1
    lines = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    return {
        "session": [path.name, going.progress.step, [line["step"] for line in lines]],
        "lines": lines,
        "factors": factors,
        "computed": computed,
        "files": sorted(entry.name for entry in output.iterdir()),
        "nearer": [float(np.abs(reflected - exact).mean()) for reflected in (before, reflections)],
    }


if __name__ == "__main__":
    tf.config.run_functions_eagerly(True)
    print(json.dumps(run(Path(sys.argv[1]))))
