"""Marks finished files with their origin: a C2PA manifest inside, or a signed JSON file beside what can hold none.

A file is replaced only by its whole, marked copy; where that fails it stays as it was. Nothing is asked of a network:
no time-stamp authority, no list of trust, no revocation.
"""

from __future__ import annotations

import base64
import contextlib
import importlib
import json
import logging
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.config.provenance import ProvenanceSettings
from engine.core.errors import ConfigError, DeviceError, in_one_line
from engine.origin.keys import SigningKey, open_key
from engine.origin.statement import SOURCE_TYPE, Origin, file_digest
from engine.system.atomic_write import atomic_write

log = logging.getLogger(__name__)

EMBEDDED = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".png": "image/png", ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg", ".webp": "image/webp", ".avif": "image/avif",
}  # fmt: skip
"""Endings of files that can hold a manifest; Matroska, for one, cannot."""
BESIDE = ".origin.json"
OFFLINE = {
    "verify": {"verify_after_sign": False, "verify_trust": False, "ocsp_fetch": False, "remote_manifest_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}
MAX_BESIDE_BYTES = 64 << 20


class OriginMarker:
    """Marks files.

    Args:
        settings: the `provenance` section of config.yaml.
        key_folder: where a key is made; the settings folder of this user if None.
    """

    def __init__(self, settings: ProvenanceSettings, key_folder: Path | None = None) -> None:
        self._settings, self._key_folder = settings, key_folder
        self._key: SigningKey | None = None
        self.is_on = settings.mark == "on" or (settings.mark == "auto" and is_available())

    def mark(self, path: Path, origin: Origin) -> Path:
        """Mark a finished file, or a folder of pictures.

        Args:
            path: the file.
            origin: where it comes from.

        Returns:
            The file that holds the mark: the same, or the one beside it.

        Raises:
            NarcissusError: it cannot be marked, and is as it was.
        """
        if not is_available():
            raise ConfigError("marks of origin need c2pa-python: pip install c2pa-python, or provenance: {mark: off}")
        if self._key is None:
            self._key = open_key(self._settings, self._key_folder)
        try:
            if path.is_file() and path.suffix.lower() in EMBEDDED:
                self._embed(path, origin, self._key)
                return path
            return _write_beside(path, origin, self._key)
        except (ConfigError, DeviceError):
            raise
        except Exception as error:  # a foreign library may raise anything, and the file is whole
            raise DeviceError(f"{path} carries no mark of its origin: {in_one_line(error)}") from error

    def try_mark(self, path: Path, origin: Callable[[], Origin]) -> str:
        """Mark a file if marks are on; what is wrong as a sentence, empty if nothing is."""
        if not self.is_on:
            return ""
        try:
            self.mark(path, origin())
        except (ConfigError, DeviceError, OSError) as error:
            log.warning("%s", error)
            return str(error)
        return ""

    def abandon(self, path: Path) -> None:
        """Leave a file unmarked that another thread has been marking for too long; its half copy is removed."""
        for partial in path.parent.glob(f"{_plain(path.stem[:150])}.{os.getpid()}.partial{path.suffix}"):
            with contextlib.suppress(OSError):
                partial.unlink()

    def _embed(self, path: Path, origin: Origin, key: SigningKey) -> None:
        c2pa: Any = importlib.import_module("c2pa")
        info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, key.certificates, key.private_key, None)
        manifest = json.dumps(origin.manifest(path.name))
        with (
            c2pa.Context.from_dict(OFFLINE) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder.from_json(manifest, context) as builder,
            atomic_write(path) as partial,
        ):
            builder.sign_file(path, partial, signer)
            if partial.stat().st_size <= path.stat().st_size:
                raise DeviceError(f"{path} carries no mark of its origin: the marked copy is not whole")


def is_available() -> bool:
    """Whether the package that makes manifests is installed."""
    return find_spec("c2pa") is not None


def read_mark(path: Path) -> tuple[bool, dict[str, Any]]:
    """Whether a file is as it was when it was marked, and what its mark says: the active manifest, or the statement.

    Raises:
        ConfigError: it carries no mark, or one that nobody can read.
    """
    if path.is_file() and path.suffix.lower() in EMBEDDED:
        c2pa: Any = importlib.import_module("c2pa")
        try:
            with c2pa.Context.from_dict(OFFLINE) as context, c2pa.Reader(str(path), context=context) as reader:
                return reader.get_validation_state() in {"Valid", "Trusted"}, reader.get_active_manifest()
        except c2pa.C2paError as error:
            raise ConfigError(f"{path} carries no mark of its origin: {in_one_line(error)}") from error
    return _read_beside(path)


def _write_beside(path: Path, origin: Origin, key: SigningKey) -> Path:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    statement = {
        "format": 1,
        "name": path.name,
        "files": _digests(path),
        "digitalSourceType": SOURCE_TYPE,
        **origin.as_json(),
    }
    private = serialization.load_pem_private_key(key.private_key, None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ConfigError("provenance.key must be a key on the curve P-256, for ES256")
    signature = base64.b64encode(private.sign(_signed_bytes(statement), ec.ECDSA(hashes.SHA256()))).decode()
    table = {**statement, "certificates": key.certificates.decode(), "signature": signature}
    beside = path.with_name(path.name + BESIDE)
    with atomic_write(beside) as partial:
        partial.write_text(json.dumps(table, indent=1, ensure_ascii=False), encoding="utf-8")
    return beside


def _read_beside(path: Path) -> tuple[bool, dict[str, Any]]:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    beside = path.with_name(path.name + BESIDE)
    try:
        if beside.stat().st_size > MAX_BESIDE_BYTES:
            raise ValueError("it is too long")
        table = json.loads(beside.read_text(encoding="utf-8"))
        certificates, signature = table.pop("certificates"), base64.b64decode(table.pop("signature"))
        public = x509.load_pem_x509_certificate(certificates.encode()).public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise ValueError("its key is of another kind")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{path} carries no mark of its origin that can be read: {in_one_line(error)}") from error
    try:
        public.verify(signature, _signed_bytes(table), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False, table
    return table.get("files") == _digests(path), table


def _digests(path: Path) -> dict[str, str]:
    """SHA-256 of the file, or of each file in the folder, by name."""
    files = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
    return {each.name: file_digest(each) for each in files}


def _signed_bytes(statement: dict[str, Any]) -> bytes:
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(stem: str) -> str:
    """A stem in which glob finds no pattern."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in stem)
