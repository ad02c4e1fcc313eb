"""Check ISF and Shadertoy shaders as the mirror would show them: `python -m tools.check_shader FILE...`.

Each file (or every shader in a folder) is read, translated, compiled, and drawn over a test picture, in a child process
with a time limit. The result is `ok`, `notes` (something was corrected), `slow` (with the drawing time) or `refused`
(file, line, reason). The exit status is 3 if a file is refused; `--json` and `--sheet` are written in any case.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from engine.config.yaml_loader import shown_path
from engine.core.errors import ConfigError, DeviceError
from engine.render.external_shaders.isf_header import has_header
from engine.render.external_shaders.paths import FOLDER
from engine.render.external_shaders.shadertoy_channels import ANY, CHANNELS
from engine.render.external_shaders.trial import LIMIT_S, SIZE_WH, ShaderTrial, TrialAnswer, TrialRequest
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.shader_trials import SLOW_MS
from engine.types import ByteArray
from tools.check_scene import SHADERS
from tools.command import command, command_parser
from tools.reporting.contact_sheet import captioned_sheet
from tools.reporting.json_file import write_json

ENDINGS = (".fs", ".isf", ".frag", ".glsl", ".txt", ".json")
ISF_ENDINGS = (".fs", ".isf")
SHOWN_WH = (1920, 1080)
FRAMES = 3


@dataclass(frozen=True)
class Verdict:
    """Result for a file.

    Attributes:
        file: display name.
        verdict: `ok`, `notes`, `slow` or `refused`.
        message: corrections, drawing time, or reason for refusal; empty if it is ok.
        ms: time to draw one picture of 160x90 px.
        not_finite: non-finite pixels in the last picture.
    """

    file: str
    verdict: str
    message: str = ""
    ms: float = 0.0
    not_finite: int = 0

    @property
    def line(self) -> str:
        """Printed line."""
        return f"{self.file}: {self.verdict}{f' ({self.message})' if self.message else ''}"


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Check the files named on the command line; returns the exit status."""
    parser = command_parser("check_shader", "Check which shaders the mirror can show.", "my_shaders/ --sheet sheet.png")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="shader files, or folders with shaders")
    parser.add_argument("--draw", type=_count, default=FRAMES, metavar="N", help="frames to draw of each")
    parser.add_argument("--limit", type=float, default=LIMIT_S, metavar="S", help="time limit for each shader, s")
    parser.add_argument("--json", type=Path, metavar="F", help="also write the results to this file")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="draw all pictures on one contact sheet")
    options = parser.parse_args(arguments)
    verdicts: list[Verdict] = []
    pictures: list[tuple[str, ByteArray]] = []
    with ShaderTrial(limit_s=options.limit) as trial:
        for path in shader_files(options.files):
            verdict, picture = check(path, trial, options.draw, wants_picture=options.sheet is not None)
            print(verdict.line, flush=True)
            verdicts.append(verdict)
            if options.sheet is not None:
                pictures.append((path.name, picture))
    counts = {kind: sum(one.verdict == kind for one in verdicts) for kind in ("ok", "told", "slow", "refused")}
    print(f"{len(verdicts)} shaders: {', '.join(f'{count} {kind}' for kind, count in counts.items())}", file=sys.stderr)
    if options.json is not None:
        write_json(options.json, [asdict(verdict) for verdict in verdicts])
    if options.sheet is not None:
        _write_sheet(options.sheet, pictures)
    return ConfigError.exit_status if counts["refused"] or not verdicts else 0


def shader_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Named files, and files in named folders that may be shaders, in order."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for found in sorted(path.rglob("*")):
            is_exported = found.suffix.lower() != ".json" or b"renderpass" in _beginning(found)
            if found.suffix.lower() in ENDINGS and found.is_file() and is_exported:
                yield found


def check(path: Path, trial: ShaderTrial, frames: int, *, wants_picture: bool) -> tuple[Verdict, ByteArray]:
    """Try one file; returns the result and its picture, (H, W, 3) uint8, dark if there is none."""
    shown = shown_path(path)
    nothing = np.full((SIZE_WH[1], SIZE_WH[0], 3), 32, np.uint8)
    try:
        kind, settings = pass_of(path)
    except ConfigError as error:
        return Verdict(shown, "refused", _in_one_line(error)), nothing
    answer = trial.run(
        TrialRequest(kind, settings, str(SHADERS), str(path.resolve().parent), SHOWN_WH, frames + 1, wants_picture)
    )
    if not answer.is_tried:
        raise DeviceError(answer.error)
    picture = np.frombuffer(answer.picture, np.uint8).reshape(nothing.shape) if answer.picture else nothing
    return judge(shown, answer), picture


def pass_of(path: Path) -> tuple[str, dict[str, object]]:
    """Pass for a file, and its settings.

    Raises:
        ConfigError: it cannot be read, or its name is not that of a shader.
    """
    text, _ = ShaderLibrary(SHADERS, {FOLDER: path.parent}).read_foreign(f"{FOLDER}/{path.name}")
    is_export = path.suffix.lower() == ".json"
    is_isf = has_header(text) or (path.suffix.lower() in ISF_ENDINGS and "mainImage" not in text)
    kind = "isf" if is_isf and not is_export else "shadertoy"
    settings: dict[str, object] = {"file": path.name}
    if kind == "shadertoy" and not is_export:
        settings["channels"] = dict.fromkeys(CHANNELS, ANY)
    try:
        registry()[kind].model_validate(settings)
    except ValueError as error:
        raise ConfigError(
            f"{shown_path(path)}: does not have the name of a shader: it must end in {', '.join(ENDINGS)}"
        ) from error
    return kind, settings


def judge(shown: str, answer: TrialAnswer) -> Verdict:
    """Result for a file from the answer of a trial."""
    if answer.error:
        where = "" if answer.error.startswith(shown) else f"{shown}: "
        return Verdict(shown, "refused", where + _in_one_line(answer.error), answer.ms)
    notes = [_in_one_line(sentence) for sentence in answer.notes]
    if answer.not_finite:
        share = answer.not_finite / (SIZE_WH[0] * SIZE_WH[1])
        notes.append(f"{shown}: {share:.1%} of its pixels are not finite; the picture below is shown there")
    if answer.shown_ms > SLOW_MS:
        notes.insert(0, f"about {answer.shown_ms:.0f} ms per picture of {SHOWN_WH[0]}x{SHOWN_WH[1]} px")
    verdict = "slow" if answer.shown_ms > SLOW_MS else "told" if notes else "ok"
    return Verdict(shown, verdict, "; ".join(notes), answer.ms, answer.not_finite)


def _write_sheet(path: Path, pictures: list[tuple[str, ByteArray]]) -> None:
    try:
        captioned_sheet(pictures).save(path)
    except (OSError, ValueError) as error:
        raise DeviceError(f"{path} cannot be written: {error}") from error


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(4096)
    except OSError:
        return b""


def _in_one_line(error: object) -> str:
    return "; ".join(line.strip() for line in str(error).splitlines() if line.strip())


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= 1000:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 1000, not '{text}'")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
