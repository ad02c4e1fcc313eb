"""Colours of picture files -> sRGB, 8 bits a channel. Knows Pillow's pictures, and no files.

Depth, palette, ink, Lab and ICC profiles are dealt with here, whatever the format that a picture came in.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 4 << 20
_ROWS = 256  # of a deep picture are scaled at a time: what lies between takes eight times its memory
_TELLING_DEPTH = frozenset({"PNG", "PPM"})  # formats of which Pillow's 32-bit grey has 16 bits


def to_srgb(image: Image.Image) -> Image.Image:
    """A loaded picture in the mode RGB or RGBA, or L where it is grey and without a profile."""
    icc = image.info.get("icc_profile")
    flat = _eight_bits(image)
    if flat.mode not in ("L", "RGB", "RGBA", "LA", "CMYK", "LAB"):
        flat = flat.convert("RGBA" if flat.has_transparency_data else "RGB")
    elif "transparency" in flat.info:  # a colour that stands for it
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
    """A picture of `to_srgb` without its alpha: what is transparent lies over black."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size)
    ground.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return ground


def _eight_bits(image: Image.Image) -> Image.Image:
    """Deep grey scaled to 8 bits, which Pillow's own conversion would clip to white; others as they are."""
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
    """The value that means white in a picture of 32 bits a pixel, whose format does not say."""
    return next(white for white in (1.0, 255.0, 65535.0, float("inf")) if brightest <= white)


def _by_profile(colours: Image.Image, icc: bytes | None) -> Image.Image:
    """Colours as their profile means them; without one, or with one that is damaged or of another mode, as usual."""
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
