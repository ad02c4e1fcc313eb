"""The configuration, the persona and the cards, in words. Every sentence of the label follows from one of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.config.config import Config
from engine.config.consent import ConsentKind, Language
from engine.consent.wording import Wording, duration
from engine.features.featurizer import LAYOUT
from engine.networks.inversion.encoder_inverter import EncoderInverter
from engine.networks.inversion.retrieval_inverter import Inverter
from engine.networks.persona import Persona
from tools.label.cards import (
    GroupShare,
    PersonaCard,
    read_frozen_networks,
    read_persona_card,
    read_reading_quality,
)
from tools.label.sheet import Bar, BarGroup, Section, WallLabel
from tools.label.words import Words

DIMENSIONS = ("gender", "skin tone", "period")  # of the audit, in this order


@dataclass(frozen=True)
class Installation:
    """What the label is written from.

    Attributes:
        config, config_hash: config.yaml, and the first letters of its SHA-256.
        persona, inverter: whom the mirror shows, and what answers.
        models: the folder of models.
        date: of writing, `2026-03-01`.
    """

    config: Config
    config_hash: str
    persona: Persona
    inverter: Inverter | EncoderInverter | None
    models: Path
    date: str


def write_label(installation: Installation, language: Language) -> WallLabel:
    """The label of an installation in one language."""
    words, settings = Words(language), installation.config.label
    card = read_persona_card(installation.persona.folder / "card.md", installation.persona.generator_sha256)
    scribe = _Scribe(installation, words, card)
    contact = (Section(words("contact"), (settings.contact,)),) if settings.contact else ()
    return WallLabel(
        language,
        settings.title,
        words("subtitle"),
        settings.artist,
        settings.statement.get(language) or words("statement"),
        (
            (scribe.measured(), scribe.kept(), scribe.sent(), scribe.choice()),
            (scribe.models(), scribe.data(), scribe.audit(), *contact),
        ),
        words(
            "written",
            date=installation.date,
            config=installation.config_hash,
            generator=installation.persona.generator_sha256[:12],
        ),
    )


class _Scribe:
    """Writes the sections."""

    def __init__(self, installation: Installation, words: Words, card: PersonaCard) -> None:
        self._installation, self._config = installation, installation.config
        self._persona, self._words, self._card = installation.persona, words, card
        self._frozen = read_frozen_networks(installation.models / "features" / "card.md")
        self._quality = read_reading_quality(installation.models / "attributes" / "report.json")

    @property
    def _has_encoder(self) -> bool:
        return isinstance(self._installation.inverter, EncoderInverter)

    def measured(self) -> Section:
        words, reflection = self._words, self._config.reflection
        told = [words("measured_face", rate=reflection.rate_hz, features=LAYOUT.size)]
        if self._has_encoder:
            told.append(words("measured_encoder", networks=", ".join(name for name, _ in self._frozen)))
        told.append(self._attributes())
        if self._config.audio.device != "off":
            told.append(words("measured_audio"))
        people = reflection.people
        told.append(words("measured_one") if people == 1 else words("measured_people", people=people))
        return Section(words("measured"), tuple(told))

    def _attributes(self) -> str:
        words, quality = self._words, self._quality
        if not self._config.persona.attributes:
            return words("measured_no_attributes")
        if quality is None:
            return words("measured_attributes_unknown")
        age, chance, gender = round(quality.age), round(quality.chance), round(quality.gender)
        return words("measured_attributes", faces=quality.faces, age=age, chance=chance, gender=gender)

    def kept(self) -> Section:
        words, config = self._words, self._config
        left, days = words("until_left"), self._for_how_long()
        rows = [
            (words("kept_picture"), words("until_next")),
            (words("kept_numbers"), left),
            (words("kept_answer"), left),
            (words("kept_attributes"), left) if config.persona.attributes else None,
            (words("kept_sound"), words("for_the_moment")) if config.audio.device != "off" else None,
            (words("kept_evening"), words("until_closing")),
            (words("kept_archive"), words("until_deleted")) if _keeps_archive(config) else None,
            (words("kept_session"), days) if config.recorder.session else None,
            (words("kept_films"), days),
        ]
        return Section(words("kept"), rows=tuple(row for row in rows if row is not None))

    def _for_how_long(self) -> str:
        words, recorder = self._words, self._config.recorder
        days, gb = recorder.keep_days, recorder.max_gb
        if days is not None:
            return words("for_one_day") if days == 1 else words("for_days", days=days)
        return words("until_deleted") if gb is None else words("until_full", gb=gb)

    def sent(self) -> Section:
        words, config = self._words, self._config
        names = [name.replace("_", " ") for name in config.send.to]
        control = getattr(config, "control", None)  # an installation may have no panel
        is_controlled = getattr(control, "enabled", False)
        panel = "sent_control_lan" if getattr(control, "lan", False) else "sent_control"
        told = [words("sent_to", receivers=", ".join(names))] if names else []
        told += [words(panel)] if is_controlled else []
        return Section(words("sent"), tuple(told) or (words("sent_nothing"),))

    def choice(self) -> Section:
        words, consent = self._words, self._config.consent
        told = [words("choice_red"), words("choice_line")]
        if consent.ask:
            language = words.language
            things = Wording.things([ConsentKind(kind) for kind in consent.covers], language).split("  ·  ")
            joined = ", ".join(things[:-1])
            listed = words("things_more", first=joined, last=things[-1]) if joined else things[0]
            agree, end = duration(consent.agree_s, language), duration(consent.end_s, language)
            told.insert(0, words("choice_ask", things=listed, agree=agree, end=end))
        return Section(words("choice"), tuple(told))

    def models(self) -> Section:
        words, size = self._words, self._persona.settings.resolution
        rows = [("MediaPipe FaceMesh", words("models_mesh"), "Apache 2.0")]
        if self._has_encoder:
            rows += [(name, words("models_sees"), words.source(licence)) for name, licence in self._frozen]
        if self._config.persona.attributes and self._quality is not None:
            reads = words("models_reads", parameters=self._quality.parameters)
            rows.append((words("models_own"), reads, words.source("MIT licence")))
        draws = words("models_draws", size=size)
        rows.append((self._persona.title, draws, words.source(self._card.licence)))
        return Section(words("models"), rows=tuple(rows))

    def data(self) -> Section:
        words, card = self._words, self._card
        if not card.sources:
            return Section(words("data"), (words("data_none", persona=self._persona.title),))
        told = words("data_count", persona=self._persona.title, portraits=card.portraits)
        if card.was_nobody_asked:
            told += " " + words("data_not_asked")
        rows = [
            (
                words.source(source.name),
                words("data_labels") if source.pictures is None else words("data_pictures", count=source.pictures),
                words.source(source.terms),
            )
            for source in card.sources
        ]
        return Section(words("data"), (told,), tuple(rows))

    def audit(self) -> Section:
        words, card = self._words, self._card
        if not card.drawn:
            return Section(words("audit"), (words("audit_none", persona=self._persona.title),))
        groups = tuple(
            BarGroup(
                words.group(dimension), tuple(self._bar(each) for each in card.groups if each.dimension == dimension)
            )
            for dimension in DIMENSIONS
        )
        notes = [words("audit_note", drawn=card.drawn)]
        if any(each.drawn is None for each in card.groups if each.dimension == "age"):
            notes.append(words("audit_no_age"))
        return Section(words("audit"), bar_groups=tuple(group for group in groups if group.bars), notes=tuple(notes))

    def _bar(self, share: GroupShare) -> Bar:
        drawn, low, high = share.drawn or (None, 0.0, 0.0)
        told = self._words.percent(share.shown), "" if drawn is None else self._words.percent(drawn)
        return Bar(self._words.group(share.group), share.shown, drawn, low, high, told)


def _keeps_archive(config: Config) -> bool:
    return bool(getattr(getattr(config, "archive", None), "keep", False))
