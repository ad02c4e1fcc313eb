"""The conversion itself: Keras network -> TensorFlow SavedModel -> OpenVINO's form, in a process of its own.

    python -m engine.networks.openvino_conversion PERSONA_FOLDER OUTPUT.xml

A process of its own because TensorFlow and Mesa's software OpenGL each bring an LLVM, and crash when they meet in one;
and because the show then never holds TensorFlow in memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT_S = 600.0
ROOT = Path(__file__).resolve().parents[2]


def convert_apart(persona_folder: Path, output: Path) -> None:
    """Convert a persona's generator in a child process; returns when `output` and its .bin are written.

    Args:
        persona_folder: an opened, and so checked, persona.
        output: ends in .xml; latents (?, latent_size) float32 -> pictures (?, H, W, 4) uint8, and one output for each
            resolution on the way if the persona has preview layers.

    Raises:
        RuntimeError: the conversion failed, or took longer than `LIMIT_S`; the message has the child's last words.
    """
    command = [sys.executable, "-m", __name__, str(persona_folder.resolve()), str(output.resolve())]
    settings = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"the conversion took longer than {LIMIT_S:.0f} s") from error
    if done.returncode != 0:
        last_words = done.stderr.strip().splitlines()[-1:] or [f"the conversion ended with status {done.returncode}"]
        raise RuntimeError(last_words[0])


def _convert(persona_folder: Path, output: Path) -> None:
    import tensorflow as tf

    from engine.networks.folded import build_network
    from engine.networks.layout import GeneratorSettings
    from engine.networks.openvino_core import import_openvino
    from engine.networks.persona import Persona
    from engine.networks.preview_rgb import find_preview_rgb
    from engine.networks.weight_file import read_network

    persona = Persona.open(persona_folder)
    settings, arrays = read_network(persona.generator_path, GeneratorSettings)
    network = build_network(settings, arrays, previews=find_preview_rgb(persona))
    module = tf.Module()
    module.network = network
    module.draw = tf.function(
        lambda z: network(z), input_signature=[tf.TensorSpec([None, settings.latent_size], tf.float32, name="z")]
    )
    with tempfile.TemporaryDirectory(prefix="narcissus-") as folder:
        tf.saved_model.save(module, folder, signatures=module.draw)
        openvino = import_openvino()
        openvino.save_model(openvino.convert_model(folder), output, compress_to_fp16=False)


if __name__ == "__main__":
    _convert(Path(sys.argv[1]), Path(sys.argv[2]))
