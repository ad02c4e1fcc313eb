"""The key that signs marks of origin, and its certificates: the operator's, or ones made at first use.

They are made in the settings folder of this user, outside any project, readable by nobody else. A key made here proves
that a file has not changed since, not who the operator is. The authority that certifies it is used once and forgotten.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config.provenance import ProvenanceSettings
from engine.core.clock import utc_moment
from engine.core.errors import ConfigError, DeviceError
from engine.system.user_folders import user_settings_folder

KEY_FILE, CERTIFICATES_FILE = "origin-key.pem", "origin-certificates.pem"
MAX_BYTES = 64 * 1024
VALID_S = 10 * 365 * 86_400.0
EARLY_S = 86_400.0  # clocks of other machines may be slow
NAME = "Narcissus, a mirror"


@dataclass(frozen=True)
class SigningKey:
    """What signs.

    Attributes:
        private_key: PEM, PKCS 8, on the curve P-256.
        certificates: PEM, the key's own first.
    """

    private_key: bytes
    certificates: bytes


def open_key(settings: ProvenanceSettings, folder: Path | None = None) -> SigningKey:
    """The configured key, or that of the settings folder, made if there is none.

    Args:
        settings: the `provenance` section of config.yaml.
        folder: replaces `user_settings_folder`.

    Raises:
        ConfigError: a key is named without certificates or the other way round, is missing, or others can read it.
        DeviceError: the key cannot be made.
    """
    if (settings.key is None) != (settings.certificates is None):
        raise ConfigError("provenance: key and certificates belong together: name both in config.yaml, or neither")
    if settings.key is not None and settings.certificates is not None:
        return SigningKey(_read_private(Path(settings.key)), _read(Path(settings.certificates)))
    folder = folder or user_settings_folder()
    key, certificates = folder / KEY_FILE, folder / CERTIFICATES_FILE
    if not (key.is_file() and certificates.is_file()):
        made = make_key()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_private(certificates, made.certificates)
            _write_private(key, made.private_key)
        except OSError as error:
            raise DeviceError(f"a key for marks of origin cannot be kept in {folder}: {error.strerror}") from error
    return SigningKey(_read_private(key), _read(certificates))


def make_key() -> SigningKey:
    """A new key, certified by an authority that is forgotten."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    certificates = [
        _certificate(own.public_key(), authority, NAME, is_authority=False),
        _certificate(authority.public_key(), authority, f"{NAME}: authority", is_authority=True),
    ]
    pem = serialization.Encoding.PEM
    private = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return SigningKey(private, b"".join(certificate.public_bytes(pem) for certificate in certificates))


def _certificate(public_key: Any, authority: Any, name: str, *, is_authority: bool) -> Any:
    """A certificate as C2PA asks for (C2PA 2.2, 14.5): for documents and mail, and not its own issuer."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def named(text: str) -> x509.Name:
        parts = ((NameOID.ORGANIZATION_NAME, "Narcissus"), (NameOID.COMMON_NAME, text))
        return x509.Name([x509.NameAttribute(oid, part) for oid, part in parts])

    usage = x509.KeyUsage(
        digital_signature=not is_authority, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_authority, crl_sign=is_authority, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(f"{NAME}: authority"))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_moment(-EARLY_S))
        .not_valid_after(utc_moment(VALID_S))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
    )
    if not is_authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(authority, hashes.SHA256())


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only this user may read, from its first byte on."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _read_private(path: Path) -> bytes:
    content = _read(path)
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{path}: others can read this private key: chmod 600 {path}")
    return content


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path} is longer than {MAX_BYTES >> 10} KB: it is no key and no certificate")
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"provenance: {path} cannot be read: {error.strerror}") from error
    if b"-----BEGIN " not in content:
        raise ConfigError(f"{path} is not a PEM file")
    return content
