"""`python -m tools.adopt_generator`: everything or nothing, and on from where it stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.networks.generator.preview_rgb import fit_preview_rgb, read_preview_rgb
from engine.networks.inversion.encoder_inverter import RefiningEncoder
from engine.networks.inversion.inverter_file import need_inverter, read_inverter
from engine.networks.persona import Persona, load_generator
from engine.networks.pggan.weight_file import read_header, write_arrays
from tests.tiny_encoder import MODELS, random_encoder
from tests.tiny_persona import write_tiny_persona
from tests.tools.drawn import PLACEMENT, without_drawing
from tools import adopt_generator
from tools.adopt_generator import main
from tools.reporting.model_card import AUDIT, EVALUATION, MEASURED

__all__ = ["without_drawing"]

pytestmark = pytest.mark.usefixtures("without_drawing")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The generator to adopt."""
    return write_tiny_persona(tmp_path / "elsewhere", seed=5) / "generator.safetensors"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Models with an old persona, which has a card and something of its own."""
    folder = write_tiny_persona(tmp_path / "models" / "tiny", seed=1, discriminator=True)
    (folder / "card.md").write_text(f"# Tiny\n\nOf clouds.\n\n{MEASURED.begin}\nold\n{MEASURED.end}\n\nThe end.\n")
    (folder / "attributes.safetensors").write_bytes(b"own")
    return tmp_path / "models"


def adopt(file: Path, models: Path, *more: str, name: str = "tiny") -> int:
    return main([str(file), "--name", name, "--count", "1000", "--workers", "1", *more], models)


def test_a_new_persona_is_complete(file: Path, models: Path) -> None:
    assert adopt(file, models, "--title", "Clouds", name="new") == 0
    persona = Persona.open(models / "new")
    assert persona.title == "Clouds"
    assert persona.generator_path.read_bytes() == file.read_bytes()
    read_inverter(persona.inverter_path, persona)
    place = persona.alignment
    assert (place.x, place.y, place.eye_distance) == (PLACEMENT.x, PLACEMENT.y, PLACEMENT.eye_distance)
    assert set(read_preview_rgb(persona)) == {
        f"preview_rgb_lod{lod}/{part}" for lod in (1, 2) for part in ("weight", "bias")
    }
    card = (models / "new" / "card.md").read_text(encoding="utf-8")
    assert "| faces that FaceMesh finds in drawn pictures | 298 of 300 |" in card and "| this inverter |" in card
    assert sorted(path.name for path in models.iterdir()) == ["new", "tiny"]


def test_an_old_persona_keeps_what_does_not_depend_on_its_generator(file: Path, models: Path) -> None:
    assert adopt(file, models) == 0
    persona = Persona.open(models / "tiny")
    assert persona.title == "Tiny 1"
    assert persona.generator_path.read_bytes() == file.read_bytes()
    card = (models / "tiny" / "card.md").read_text(encoding="utf-8")
    assert card.startswith("# Tiny\n\nOf clouds.") and card.endswith("\n\nThe end.\n") and "\nold\n" not in card
    assert (models / "tiny" / "attributes.safetensors").read_bytes() == b"own"
    assert not (models / "tiny" / "discriminator.safetensors").exists()  # it judged the old one's pictures
    assert [path.name for path in models.iterdir()] == ["tiny"]


@pytest.mark.parametrize("step", ["fit_preview_rgb", "complete_banks", "train", "write_description"])
def test_an_interruption_leaves_the_old_persona_and_the_next_run_goes_on(
    file: Path, models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    stages = {"fit_preview_rgb": "preview layers", "complete_banks": "bank", "train": "inverter"}
    before = {path.name: path.read_bytes() for path in (models / "tiny").iterdir()}

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(adopt_generator, step, interrupt)
        assert adopt(file, models) == 130
    assert f"interrupted while {stages.get(step, 'checking')}" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (models / "tiny").iterdir()} == before

    fitted = []
    monkeypatch.setattr(adopt_generator, "fit_preview_rgb", lambda *a: fitted.append(1) or fit_preview_rgb(*a))
    assert adopt(file, models) == 0
    assert len(fitted) == (step in ("fit_preview_rgb", "write_description"))
    assert Persona.open(models / "tiny").generator_path.read_bytes() == file.read_bytes()


def test_another_file_does_not_go_on_with_the_first(
    file: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(adopt_generator, "train", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert adopt(file, models) == 130
    other = write_tiny_persona(tmp_path / "other", seed=6) / "generator.safetensors"
    assert adopt(other, models) == 0
    persona = Persona.open(models / "tiny")
    assert persona.generator_path.read_bytes() == other.read_bytes()
    read_preview_rgb(persona)
    read_inverter(persona.inverter_path, persona)


def test_an_exchange_that_was_cut_off_is_finished_or_taken_back(file: Path, models: Path) -> None:
    (models / "tiny").rename(models / "tiny.retired")  # cut off between the two renames
    assert adopt(file, models) == 0
    assert Persona.open(models / "tiny").title == "Tiny 1"
    write_tiny_persona(models / "tiny.retired", seed=8)  # cut off after them
    (models / "tiny.retired" / "notes.txt").write_text("keep")
    assert adopt(file, models) == 0
    assert (models / "tiny" / "notes.txt").read_text() == "keep"
    assert [path.name for path in models.iterdir()] == ["tiny"]


def test_files_that_are_no_generators_are_refused(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in models.rglob("*"))
    broken = tmp_path / "broken.safetensors"
    broken.write_text("nothing")
    assert adopt(broken, models) == 5
    assert "broken.safetensors cannot be used: it is damaged or no safetensors file" in capsys.readouterr().err
    assert adopt(tmp_path / "nowhere.safetensors", models) == 5
    assert "nowhere.safetensors is missing" in capsys.readouterr().err
    assert adopt(models / "tiny" / "discriminator.safetensors", models) == 5
    assert "discriminator.safetensors cannot be used" in capsys.readouterr().err
    assert sorted(path.name for path in models.rglob("*")) == before


def test_names_that_lead_elsewhere_are_refused(file: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("../tiny", "Tiny", ""):
        with pytest.raises(SystemExit):
            adopt(file, models, name=name)
        assert "must be lower-case letters, digits, - and _" in capsys.readouterr().err


def test_numbers_of_the_old_generator_leave_the_card(file: Path, models: Path) -> None:
    card = models / "tiny" / "card.md"
    own = Persona.open(file.parent).generator_sha256[:12]
    text = EVALUATION.put(AUDIT.put(card.read_text(), "of another generator"), f"of {own}")
    card.write_text(text, encoding="utf-8")
    assert adopt(file, models) == 0
    text = card.read_text(encoding="utf-8")
    assert EVALUATION.within(text) == f"of {own}"
    again = "python -m tools.audit --model tiny --data FILE.zip --card"
    assert AUDIT.within(text) == f"Not measured yet on this generator: `{again}`"


def test_preview_layers_show_the_averaged_picture(tmp_path: Path) -> None:
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny", seed=2))
    model = load_generator(persona.generator_path)
    layers, errors = fit_preview_rgb(model, count=64)
    z = np.random.default_rng(0).standard_normal((40, 16)).astype(np.float32)
    trunk = model.trunk(z)
    picture = np.asarray(model(z))
    np.testing.assert_allclose(np.asarray(model.to_rgb(trunk[0], 0)), picture, atol=1e-5)
    for lod in (1, 2):
        box = 2**lod
        target = picture.reshape(40, 16 // box, box, 16 // box, box, 3).mean(axis=(2, 4))
        layer = model.by_name[f"ToRGB_lod{lod}"]
        trained = float(np.sqrt(np.mean((np.asarray(model.to_rgb(trunk[lod], lod)) - target) ** 2)))
        layer.weight.assign(layers[f"preview_rgb_lod{lod}/weight"])
        layer.bias.assign(layers[f"preview_rgb_lod{lod}/bias"])
        fitted = float(np.sqrt(np.mean((np.asarray(model.to_rgb(trunk[lod], lod)) - target) ** 2)))
        assert fitted < 0.9 * target.std() and fitted < 0.5 * trained
        assert errors[lod] == pytest.approx(fitted * 127.5, rel=0.25)


def test_preview_layers_of_another_generator_are_refused(file: Path, models: Path) -> None:
    assert adopt(file, models) == 0
    (models / "tiny" / "generator.safetensors").write_bytes(
        (write_tiny_persona(models / "third", seed=9) / "generator.safetensors").read_bytes()
    )
    with pytest.raises(
        ModelError, match=r"preview_rgb.safetensors was fitted to another generator than .*adopt that again"
    ):
        read_preview_rgb(Persona.open(models / "tiny"))


def trained_together(folder: Path, **changes: object) -> Path:
    """A folder that training left: the average generator, and its encoder, which names nothing yet."""
    write_tiny_persona(folder, seed=5)
    (folder / "generator.safetensors").rename(folder / "average.safetensors")
    arrays = {name: array.astype(np.float16) for name, array in random_encoder(16).items()}
    write_arrays(folder / "encoder.safetensors", arrays | changes, {})
    return folder


def test_a_generator_brings_the_encoder_that_was_trained_with_it(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopt_generator, "measure_baseline", lambda *_: {})
    (models / "features").symlink_to(MODELS / "features", target_is_directory=True)
    assert main([str(trained_together(tmp_path / "state")), "--name", "tiny", "--workers", "1"], models) == 0
    persona = Persona.open(models / "tiny")
    inverter = need_inverter(persona)
    assert isinstance(inverter, RefiningEncoder)
    assert read_header(persona.encoder_path).metadata["generator_sha256"] == persona.generator_sha256
    assert len(inverter.weights.codes) == 4 * 149, "2000 faces are enough to judge by"
    card = (models / "tiny" / "card.md").read_text(encoding="utf-8")
    assert "Its encoder answers; 596 drawn faces judge and refine its answers." in card

    other = write_tiny_persona(tmp_path / "alone", seed=6) / "generator.safetensors"
    assert adopt(other, models) == 0
    assert not Persona.open(models / "tiny").encoder_path.exists(), "the old encoder belongs to the old generator"


def test_an_encoder_that_does_not_fit_changes_nothing(
    tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (models / "tiny" / "generator.safetensors").read_bytes()
    state = trained_together(tmp_path / "state", **{"latent.bias": np.zeros(512, np.float16)})
    assert main([str(state), "--name", "tiny", "--workers", "1"], models) == ModelError.exit_status
    assert "latent.bias has the shape (512,), where (16,) is needed" in capsys.readouterr().err
    assert (models / "tiny" / "generator.safetensors").read_bytes() == before
