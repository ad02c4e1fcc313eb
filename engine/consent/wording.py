"""What the wall says about consent, in English, German, French and Spanish. Words only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.config.consent import LANGUAGES, ConsentKind, ConsentSettings, ConsentTexts, Language

TEXTS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "ask": "May this mirror keep something of you? Close both eyes for {seconds}.",
        "keeping": "This is being kept. Turn away for {seconds}, or cover your face, and it ends.",
        "waiting": "It waits until everyone in the glass has agreed.",
        "ended": "It has ended. Nothing more of you is kept.",
    },
    "de": {
        "ask": "Darf dieser Spiegel etwas von Ihnen behalten? Schließen Sie {seconds} lang beide Augen.",
        "keeping": "Dies wird festgehalten. Wenden Sie sich {seconds} lang ab oder verdecken Sie Ihr Gesicht, "
        "und es endet.",
        "waiting": "Es wartet, bis alle im Spiegel zugestimmt haben.",
        "ended": "Es ist beendet. Von Ihnen wird nichts mehr festgehalten.",
    },
    "fr": {
        "ask": "Ce miroir peut-il garder quelque chose de vous ? Fermez les deux yeux pendant {seconds}.",
        "keeping": "Ceci est conservé. Détournez-vous pendant {seconds} ou couvrez votre visage, et cela prend fin.",
        "waiting": "Le miroir attend l’accord de toutes les personnes qui s’y trouvent.",
        "ended": "C’est terminé. Plus rien de vous n’est conservé.",
    },
    "es": {
        "ask": "¿Puede este espejo conservar algo de usted? Cierre los dos ojos durante {seconds}.",
        "keeping": "Esto se está conservando. Aparte la cara durante {seconds}, o cúbrasela, y terminará.",
        "waiting": "El espejo espera a que todas las personas que aparecen en él estén de acuerdo.",
        "ended": "Ha terminado. Ya no se conserva nada de usted.",
    },
}

THINGS: Mapping[Language, Mapping[ConsentKind, str]] = {
    "en": {
        ConsentKind.FILM: "a film of this mirror",
        ConsentKind.SNAPSHOT: "a picture of this mirror",
        ConsentKind.SESSION: "the numbers of your face",
        ConsentKind.ARCHIVE: "the stranger who answers you",
        ConsentKind.SEND: "this picture, on other screens",
        ConsentKind.PREVIEW: "this picture, on the operator’s screen",
        ConsentKind.ATTRIBUTES: "your age and gender, as the machine reads them",
    },
    "de": {
        ConsentKind.FILM: "ein Film dieses Spiegels",
        ConsentKind.SNAPSHOT: "ein Bild dieses Spiegels",
        ConsentKind.SESSION: "die Zahlen Ihres Gesichts",
        ConsentKind.ARCHIVE: "das fremde Gesicht, das Ihnen antwortet",
        ConsentKind.SEND: "dieses Bild auf anderen Bildschirmen",
        ConsentKind.PREVIEW: "dieses Bild auf dem Bildschirm der Technik",
        ConsentKind.ATTRIBUTES: "Ihr Alter und Geschlecht, wie die Maschine sie liest",
    },
    "fr": {
        ConsentKind.FILM: "un film de ce miroir",
        ConsentKind.SNAPSHOT: "une image de ce miroir",
        ConsentKind.SESSION: "les nombres de votre visage",
        ConsentKind.ARCHIVE: "le visage inconnu qui vous répond",
        ConsentKind.SEND: "cette image, sur d’autres écrans",
        ConsentKind.PREVIEW: "cette image, sur l’écran de la régie",
        ConsentKind.ATTRIBUTES: "votre âge et votre genre, tels que la machine les lit",
    },
    "es": {
        ConsentKind.FILM: "una película de este espejo",
        ConsentKind.SNAPSHOT: "una imagen de este espejo",
        ConsentKind.SESSION: "los números de su rostro",
        ConsentKind.ARCHIVE: "el rostro desconocido que le responde",
        ConsentKind.SEND: "esta imagen, en otras pantallas",
        ConsentKind.PREVIEW: "esta imagen, en la pantalla del operador",
        ConsentKind.ATTRIBUTES: "su edad y su género, tal como los lee la máquina",
    },
}

_SECONDS: Mapping[Language, tuple[str, str]] = {
    "en": ("second", "seconds"),
    "de": ("Sekunde", "Sekunden"),
    "fr": ("seconde", "secondes"),
    "es": ("segundo", "segundos"),
}


class Wording:
    """The sentences of an installation.

    Args:
        settings: the `consent` section of config.yaml.
    """

    def __init__(self, settings: ConsentSettings) -> None:
        self._settings = settings

    @property
    def languages(self) -> tuple[Language, ...]:
        """Languages to show in turn."""
        return tuple(dict.fromkeys(self._settings.languages))

    def sentence(self, which: str, language: Language) -> str:
        """One sentence.

        Args:
            which: ask, keeping, waiting or ended.
            language: of the sentence.
        """
        own = getattr(self._settings.texts.get(language, ConsentTexts()), which)
        seconds = self._settings.end_s if which == "keeping" else self._settings.agree_s
        return str(own or TEXTS[language][which]).replace("{seconds}", duration(seconds, language))

    @staticmethod
    def things(kinds: Sequence[ConsentKind], language: Language) -> str:
        """What is kept, or would be."""
        return "  ·  ".join(THINGS[language][kind] for kind in ConsentKind if kind in kinds)


def duration(seconds: float, language: Language) -> str:
    """A number of seconds with its unit: `2 seconds`, `1,5 seconde`."""
    one, many = _SECONDS[language]
    is_one = seconds < 2 if language == "fr" else seconds == 1
    number = f"{seconds:g}"
    return f"{number if language == 'en' else number.replace('.', ',')} {one if is_one else many}"


assert set(TEXTS) == set(THINGS) == set(LANGUAGES)
