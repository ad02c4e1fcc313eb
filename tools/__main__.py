"""List of all commands, grouped by purpose: `python -m tools`."""

from __future__ import annotations

import ast
from pathlib import Path

GROUPS: dict[str, tuple[str, ...]] = {
    "show": (
        "wall_label",
        "list_parameters",
        "keep_running",
        "install_service",
        "rehearse",
        "check_camera",
        "record_camera",
        "autotune_generator",
    ),
    "scenes and films": ("new_scene", "check_scene", "check_shader", "render", "frames_to_video", "mark_origin"),
    "faces": ("reflect", "generate", "compare", "animate_portrait"),
    "training": (
        "prepare_portraits",
        "train_gan",
        "train_inverter",
        "train_attributes",
        "train_upscaler",
        "adopt_generator",
        "choose_waypoints",
    ),
    "measuring": (
        "measure_sight",
        "evaluate",
        "evaluate_gan",
        "audit",
        "measure_refinement",
        "measure_control",
        "benchmark",
        "benchmark_training",
        "gpu_report",
    ),
    "importing": ("import_pggan", "import_attributes"),
    "maintaining": (
        "dev.make_gallery",
        "dev.make_loop",
        "dev.make_scenes_film",
        "dev.fuzz_inputs",
        "dev.external_works",
        "dev.make_tutorial",
        "dev.describe_config",
        "dev.describe_features",
        "dev.make_face_map",
        "dev.make_mean_face",
        "dev.fold_efficientnet",
        "dev.fold_faceres",
    ),
}
ROOT = Path(__file__).resolve().parent


def purpose(name: str) -> str:
    """First line of a command's docstring, without its call and without importing it."""
    text = (ROOT / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")
    first = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    return first.partition(": `")[0].rstrip(".")


def listing() -> str:
    """Text printed by `python -m tools`."""
    width = max(len(name) for names in GROUPS.values() for name in names)
    lines = ["python -m tools.COMMAND --help describes a command in full:"]
    for group, names in GROUPS.items():
        lines += ["", f"{group}:", *(f"  {name:{width}}  {purpose(name)}" for name in names)]
    return "\n".join(lines)


if __name__ == "__main__":
    print(listing())
