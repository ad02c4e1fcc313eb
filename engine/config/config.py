"""Configuration of this installation: config.yaml -> `Config`, typed, closed and range-checked.

Each section has a file of its own beside this one. Looks are scenes, not configuration: see `engine/scene/scene.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from engine.config.audio import AudioSettings
from engine.config.camera import CameraSettings
from engine.config.consent import ConsentSettings
from engine.config.control import ControlSettings
from engine.config.display import DisplaySettings
from engine.config.label import LabelSettings
from engine.config.playlist import PlaylistSettings
from engine.config.provenance import ProvenanceSettings
from engine.config.recorder import RecorderSettings
from engine.config.reflection import ReflectionSettings
from engine.config.schedule import ScheduleSettings
from engine.config.validation import Name, Settings, validate
from engine.config.video_output import SendSettings
from engine.config.yaml_loader import load_yaml


class PersonaSettings(Settings):
    """The persona: generator and inverter."""

    model: Name = "portraits"
    """The persona: a folder in models/."""

    attributes: bool = True
    """Whether age and gender are estimated too, as probabilities; visitors must be told."""


class SceneSettings(Settings):
    """Scenes."""

    name: Name = "gilded_mirror"
    """The scene at the start: a file in scenes/, without .yaml."""

    scenes: Annotated[tuple[Name, ...], Field(max_length=9)] = ()
    """Scenes on the keys 1 to 9; empty takes all of scenes/ in alphabetical order."""

    reload: bool = True
    """Whether scenes and shaders are reloaded as soon as they are saved."""


class Config(Settings):
    """The configuration of this installation. Every section and every key may be left out."""

    camera: CameraSettings = CameraSettings()
    audio: AudioSettings = AudioSettings()
    display: DisplaySettings = DisplaySettings()
    persona: PersonaSettings = PersonaSettings()
    scene: SceneSettings = SceneSettings()
    playlist: PlaylistSettings = PlaylistSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    reflection: ReflectionSettings = ReflectionSettings()
    recorder: RecorderSettings = RecorderSettings()
    send: SendSettings = SendSettings()
    control: ControlSettings = ControlSettings()
    consent: ConsentSettings = ConsentSettings()
    label: LabelSettings = LabelSettings()
    provenance: ProvenanceSettings = ProvenanceSettings()


def load_config(path: Path) -> Config:
    """Read the configuration of this installation.

    Raises:
        ConfigError: one sentence per problem, one per line: file, line, key, what is allowed, what was found.
    """
    data, locate = load_yaml(path)
    return validate(Config, data, locate)
