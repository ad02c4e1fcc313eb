"""Events of pygame -> names of keys, and what they mean to calibration."""

from __future__ import annotations

import pygame

from engine.render.window.calibration_keymap import CalibrationEvent, Pointer, edit_for


def edit_of(event: pygame.event.Event) -> CalibrationEvent | None:
    """The calibration event of a pygame event; None if there is none."""
    if event.type == pygame.KEYDOWN:
        shift, ctrl = bool(event.mod & pygame.KMOD_SHIFT), bool(event.mod & pygame.KMOD_CTRL)
        name = event.unicode if event.unicode in ("+", "-", "=") and event.unicode else key_name(event)
        return edit_for(name, shift=shift, ctrl=ctrl)
    if event.type == pygame.MOUSEBUTTONDOWN and event.button == pygame.BUTTON_LEFT:
        return Pointer("press", event.pos)
    if event.type == pygame.MOUSEBUTTONUP and event.button == pygame.BUTTON_LEFT:
        return Pointer("release", event.pos)
    if event.type == pygame.MOUSEMOTION and event.buttons[0]:
        return Pointer("drag", event.pos)
    return None


def key_name(event: pygame.event.Event) -> str:
    """Letters as they are printed on the keys; digits by their place, because some layouts need Shift for them."""
    scancode = getattr(event, "scancode", None)
    if scancode is not None and pygame.KSCAN_1 <= scancode <= pygame.KSCAN_9:
        return str(scancode - pygame.KSCAN_1 + 1)
    name: str = pygame.key.name(event.key)
    return name.strip("[]") if len(name) == 3 else name  # [1] is the 1 of the number pad
