"""When the networks grow: from the number of pictures seen to the level they work at and how far it has faded in.

Progressive growing after Karras et al. 2018 (arXiv 1710.10196), with stages that suit a few thousand portraits: small
resolutions need few pictures. It knows neither networks nor pictures. Pictures are counted in thousands (kimg).
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_LEVEL = 3  # training begins at 8 px
LAST_SHORT_LEVEL = 6  # from 64 px on, every stage has the full length
FADING_SHARE = 0.4  # of a stage
MOST_HALF_LIFE_KIMG, LEAST_HALF_LIFE_KIMG, WARM_UP_SHARE = 10.0, 0.5, 0.05


@dataclass(frozen=True)
class Stage:
    """Where training stands.

    Attributes:
        level: logarithm to the base 2 of the resolution.
        fade: how much of that resolution is shown, 0 (only what is below) to 1 (all of it).
    """

    level: int
    fade: float

    @property
    def size_px(self) -> int:
        return 1 << self.level


def stage_length_kimg(level: int, kimg_per_stage: float) -> float:
    """How long a stage lasts; each below 64 px half as long as the one above it."""
    return kimg_per_stage * min(1.0, 2.0 ** (level - LAST_SHORT_LEVEL))


def stage_begin_kimg(level: int, kimg_per_stage: float) -> float:
    """Pictures seen when a stage begins."""
    return sum(stage_length_kimg(below, kimg_per_stage) for below in range(FIRST_LEVEL, level))


def stage_at(kimg: float, top_level: int, kimg_per_stage: float) -> Stage:
    """The stage after `kimg` thousand pictures; the last one lasts for ever.

    Args:
        kimg: thousand pictures seen, 0 or more.
        top_level: of the networks; 2 and 3 have a single stage.
        kimg_per_stage: length of a full stage, more than 0.
    """
    level = min(FIRST_LEVEL, top_level)
    while level < top_level and kimg >= stage_begin_kimg(level + 1, kimg_per_stage):
        level += 1
    if level <= FIRST_LEVEL:
        return Stage(level, 1.0)
    begun = kimg - stage_begin_kimg(level, kimg_per_stage)
    return Stage(level, min(1.0, begun / (FADING_SHARE * stage_length_kimg(level, kimg_per_stage))))


def averaging_share(kimg: float, pictures: int) -> float:
    """How much of the generator enters its moving average in a step of `pictures` pictures.

    Half of what the average remembers is younger than 10 kimg, and less at the beginning, so that it does not remember
    the noise that training began with.
    """
    half_life = min(MOST_HALF_LIFE_KIMG, max(LEAST_HALF_LIFE_KIMG, WARM_UP_SHARE * kimg))
    return float(1.0 - 0.5 ** (pictures / 1000 / half_life))
