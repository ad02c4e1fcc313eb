"""Colours of picture files -> 8-bit sRGB. Knows Pillow images, and no files.

Handles bit depth, palettes, CMYK, Lab and ICC profiles, for all formats.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 4 << 20
_ROWS = 256  # rows of a deep picture scaled at a time: intermediates take eight times its memory
_TELLING_DEPTH = frozenset({"PNG", "PPM"})  # formats where 32-bit grey in Pillow means 16 bits


def to_srgb(image: Image.Image) -> Image.Image:
    """Convert a loaded picture to RGB or RGBA, or to L if it is grey and has no profile."""
    icc = image.info.get("icc_profile")
    flat = _eight_bits(image)
    if flat.mode not in ("L", "RGB", "RGBA", "LA", "CMYK", "LAB"):
        flat = flat.convert("RGBA" if flat.has_transparency_data else "RGB")
    elif "transparency" in flat.info:  # a transparent colour
        flat = flat.convert("RGBA")
    if flat.mode == "RGBA" and not icc:
        return flat
    alpha = flat.getchannel("A") if flat.mode in ("LA", "RGBA") else None
    colours = flat.convert(flat.mode[:-1]) if alpha is not None else flat
    colours = _by_profile(colours, icc)
    if alpha is None:
        return colours
    colours = colours.convert("RGB")
    colours.putalpha(alpha)
    return colours


def over_black(image: Image.Image) -> Image.Image:
    """Composite a picture from `to_srgb` over black."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size)
    ground.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return ground


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale deep grey to 8 bits, which Pillow's own conversion would clip; return other pictures unchanged."""
    if image.mode[0] not in "IF":
        return image
    deep = np.asarray(image)
    is_sixteen = image.mode.startswith("I;16") or image.format in _TELLING_DEPTH
    white = 65535.0 if is_sixteen else _white_of(float(np.nanmax(deep, initial=0.0, where=np.isfinite(deep))))
    levels = np.empty(deep.shape, np.uint8)
    for row in range(0, len(deep), _ROWS):
        part = np.nan_to_num(deep[row : row + _ROWS].astype(np.float64))
        levels[row : row + _ROWS] = np.clip(part * (255 / white) + 0.5, 0, 255)
    flat = Image.fromarray(levels)
    seen_through = image.info.get("transparency")
    if isinstance(seen_through, int):
        flat.putalpha(Image.fromarray(np.where(deep == seen_through, 0, 255).astype(np.uint8)))
    return flat


def _white_of(brightest: float) -> float:
    """White level of a 32-bit picture, whose format does not state it."""
    return next(white for white in (1.0, 255.0, 65535.0, float("inf")) if brightest <= white)


def _by_profile(colours: Image.Image, icc: bytes | None) -> Image.Image:
    """Apply an ICC profile; without one, or with a damaged or mismatched one, convert as usual."""
    if colours.mode == "LAB":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    elif not icc or len(icc) > MAX_PROFILE_BYTES:
        return colours.convert("RGB") if colours.mode == "CMYK" else colours
    else:
        profile = None
    try:
        profile = profile or ImageCms.ImageCmsProfile(io.BytesIO(icc or b""))
        if colours.mode == "RGB" and ImageCms.getProfileDescription(profile).startswith("sRGB"):
            return colours
        found = ImageCms.profileToProfile(colours, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return colours.convert("RGB") if colours.mode == "CMYK" else colours
    return colours if found is None else found
