"""`python -m tools.train_inverter --kind encoder`: fits a persona's encoder, with progress reports and saves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.core.clock import Clock
from engine.core.errors import ModelError
from engine.networks.inversion.encoder_file import EncoderContents, read_encoder, read_looks_of, write_encoder
from engine.networks.inversion.frozen_features import frozen_features_path
from engine.networks.persona import Persona, load_generator
from engine.networks.pggan.weight_file import Arrays
from tools.inverter_training.judging_bank import COUNT, judging_faces, write_judging_bank
from tools.train_gan import read_looks

STEPS = 20_000
SHOWN_EVERY, SAVED_S = 50, 240.0


def fit_encoder(persona: Persona, steps: int, workers: int, notify: Callable[[str], None] = print) -> None:
    """Fit an encoder through a persona's generator, starting from its present encoder if that fits.

    Args:
        steps: number of batches of drawn faces.
        workers: processes that draw the judging bank, if there is none.

    Raises:
        ModelError: a network is missing or damaged, or the persona draws grey pictures.
    """
    if persona.settings.num_channels != 3:
        raise ModelError(f"{persona.generator_path} draws no colours, and what looks for an encoder needs them")
    from engine.networks.inversion.encoder_network import encoder_arrays, fill_encoder
    from tools.inverter_training.encoder_fitting import MEASURES, EncoderFitting, fresh_encoder

    encoder = fresh_encoder(persona.settings.latent_size)
    known = _known_encoder(persona, notify)
    if known is not None:
        fill_encoder(encoder, known)
    features, face_look = read_looks_of(persona.folder.parent)
    looks = read_looks(frozen_features_path(persona.folder.parent).parent)
    fitting = EncoderFitting(load_generator(persona.generator_path), looks, encoder)

    def save() -> None:
        arrays = encoder_arrays(fitting.finish())
        contents = EncoderContents(arrays, persona.settings.latent_size, features, face_look)
        write_encoder(
            persona.encoder_path, contents, persona.generator_sha256, {"fitted": "through a frozen generator"}
        )

    clock, recent = Clock(), []
    saved_s = clock.now_s()
    try:
        for step in range(1, steps + 1):
            recent.append([fitting.train()[name] for name in MEASURES])
            if step % SHOWN_EVERY == 0 or step == steps:
                means = np.mean(recent, axis=0)
                recent = []
                notify(f"step {step}  " + "  ".join(f"{n} {v:.3f}" for n, v in zip(MEASURES, means, strict=True)))
            if clock.now_s() - saved_s > SAVED_S:
                saved_s = clock.now_s()
                save()
    finally:
        save()
    notify(f"{persona.encoder_path}")
    if not persona.inverter_path.exists():
        write_judging_bank(persona, judging_faces(persona, COUNT, workers), notify)


def _known_encoder(persona: Persona, notify: Callable[[str], None]) -> Arrays | None:
    """Arrays of the persona's encoder, if it has one that training can start from."""
    if not persona.encoder_path.exists():
        return None
    try:
        contents = read_encoder(persona.encoder_path, persona)
    except ModelError as error:
        notify(f"begins anew: {error}")
        return None
    return contents.arrays if contents.face_look is not None else None
