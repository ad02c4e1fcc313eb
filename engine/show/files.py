"""The files of a show, read and checked before anything starts; a fault in them ends the program at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from engine.config.config import Config, load_config
from engine.config.options import Options
from engine.config.validation import is_name
from engine.core.errors import ConfigError, ModelError
from engine.networks.attributes.classifier import AttributeReader, open_attributes
from engine.networks.inversion.encoder_inverter import EncoderInverter
from engine.networks.inversion.inverter_file import open_inverter
from engine.networks.inversion.retrieval_inverter import Inverter
from engine.networks.persona import Persona
from engine.networks.waypoints import Waypoints, open_waypoints
from engine.render.passes import registry
from engine.render.projection.settings import ProjectionSettings
from engine.render.projection.settings_file import open_venue
from engine.scene.library import SceneLibrary
from engine.scene.scene import Scene

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShowFiles:
    """The files of a show.

    Attributes:
        config: config.yaml.
        scene_library: the scenes.
        scene_name, scene: the first one.
        persona, inverter, waypoints, attributes: the networks' files; None where a show goes on without.
        venue: the room.
    """

    config: Config
    scene_library: SceneLibrary
    scene_name: str
    scene: Scene
    persona: Persona
    inverter: Inverter | EncoderInverter | None
    waypoints: Waypoints | None
    attributes: AttributeReader | None
    venue: ProjectionSettings


def _persona_folder(models: Path, name: str) -> Path:
    if not is_name(name):
        raise ModelError(
            f"--model {name[:100]}: a persona's name is that of a folder in {models}, and leads nowhere else"
        )
    return models / name


def read_show_files(options: Options, scenes: Path, models: Path, recalled: str | None = None) -> ShowFiles:
    """Read and check the files of a show.

    Args:
        options: the command line.
        scenes, models: folders to choose from.
        recalled: the scene of a show that died, which goes before that of config.yaml, if it can still be shown.

    Raises:
        NarcissusError: one of them is missing or wrong.
    """
    config = load_config(options.config)
    scene_library = SceneLibrary(scenes, config.scene.scenes, registry(), config.reflection)
    name, scene = _first_scene(options.scene, recalled, config.scene.name, scene_library)
    for entry in config.playlist.scenes:
        scene_library.load(entry.scene)  # report faults now, not late at night
    persona = Persona.open(_persona_folder(models, options.model or config.persona.model))
    inverter = open_inverter(persona)
    attributes = open_attributes(models) if config.persona.attributes else None
    venue = open_venue(Path(config.display.venue))
    waypoints = open_waypoints(persona)
    return ShowFiles(config, scene_library, name, scene, persona, inverter, waypoints, attributes, venue)


def _first_scene(asked: str | None, recalled: str | None, usual: str, scene_library: SceneLibrary) -> tuple[str, Scene]:
    if asked is None and recalled is not None:
        try:
            scene = scene_library.load(recalled)
        except ConfigError as error:
            log.warning("the scene of the show that died is not shown again: %s", error)
        else:
            log.info("the last show died: this one goes on with the scene %s", recalled)
            return recalled, scene
    name = usual if asked is None else asked
    return name, scene_library.load(name)
