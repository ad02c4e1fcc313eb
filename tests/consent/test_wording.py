"""The words on the wall: all of them in every language, with their time, and in letters that the type has."""

from __future__ import annotations

import pytest
from PIL import ImageFont

from engine.config.consent import LANGUAGES, ConsentKind, ConsentSettings, Language
from engine.consent.wording import TEXTS, THINGS, Wording, duration
from engine.render.overlay.typeface import font_file, open_typeface


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_and_says_how_long(language: Language) -> None:
    wording = Wording(ConsentSettings(agree_s=3, end_s=1.5))
    assert duration(3, language) in wording.sentence("ask", language)
    assert duration(1.5, language) in wording.sentence("keeping", language)
    assert wording.sentence("waiting", language) and wording.sentence("ended", language)
    told = wording.things(list(ConsentKind), language)
    assert all(THINGS[language][kind] in told for kind in ConsentKind)


def test_durations_are_said_as_the_language_says_them() -> None:
    said = [duration(1, "en"), duration(1.5, "de"), duration(1.5, "fr"), duration(2, "es")]
    assert said == ["1 second", "1,5 Sekunden", "1,5 seconde", "2 segundos"]


def test_an_operator_s_own_sentence_goes_before_whatever_braces_it_has() -> None:
    settings = ConsentSettings.model_validate({"texts": {"de": {"ask": "Augen zu, {seconds}! {x}"}}})
    assert Wording(settings).sentence("ask", "de") == "Augen zu, 2 Sekunden! {x}"
    assert Wording(settings).sentence("ask", "en") == TEXTS["en"]["ask"].format(seconds="2 seconds")


def test_the_type_has_every_letter_of_every_language() -> None:
    content = font_file("cmti10")
    if content is None:
        pytest.skip("Matplotlib, which has the typeface, is not installed")
    face = open_typeface("cmti10", 40)
    assert isinstance(face, ImageFont.FreeTypeFont)
    said = "".join([*(text for texts in TEXTS.values() for text in texts.values()), "ÄÖÜäöüßéèêàùçœñ¿¡«»–—’0123456789"])
    missing = face.getmask("\N{SNOWMAN}").getbbox(), face.getlength("\N{SNOWMAN}")
    for letter in set(said) - set(" {}"):
        assert (face.getmask(letter).getbbox(), face.getlength(letter)) != missing, letter
