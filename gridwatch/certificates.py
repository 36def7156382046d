"""A private certificate authority for one centre: its root, server and client certificates. Touches files, no network.

EC P-256 throughout: every TLS stack in the field speaks it, and a handshake costs a small gateway little. Keys lie in the
clear, mode 600, like the other secrets of the data directory: a part that restarts by itself has nobody to ask.
"""

import ipaddress
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gridwatch.errors import FrontDoorError

AUTHORITY = "ca"
AUTHORITY_LASTS = timedelta(days=3653)
CERTIFICATE_LASTS = timedelta(days=825)  # the longest that Apple's devices take from an authority of one's own
BEFORE = timedelta(days=1)  # a gateway whose clock is behind shall not find its centre's certificate in the future
RENEW_BEFORE = timedelta(days=30)
ENDING = ".pem"
ENDED = "The authority itself ends: make a new one with `gridwatch certs make --force` and give ca.pem to all."
_DNS = re.compile(
    r"(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*(?![0-9]+\Z)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_USES = ("digital_signature", "key_cert_sign", "crl_sign")
_ALL_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


class CertificateError(FrontDoorError):
    """A certificate that cannot be made or read; the message says why and what to do."""


class Purpose(StrEnum):
    """What a certificate is for."""

    AUTHORITY = "authority"
    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate file says. `hosts` are DNS names and addresses a server may be reached by."""

    name: str
    purpose: Purpose
    hosts: tuple[str, ...]
    ends_at: datetime
    is_ours: bool  # made by the authority beside it

    def ends_within(self, span: timedelta, now: datetime) -> bool:
        """Tell whether it has ended, or will within `span`."""
        return self.ends_at - now <= span


class Authority:
    """The authority of a folder: `ca.pem`, `ca.key`, and NAME.pem with NAME.key for each that it has made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def root(self) -> Path:
        """What whoever is to trust us is given."""
        return self.file(AUTHORITY)

    def file(self, name: str) -> Path:
        """Name the certificate's file."""
        return self.folder / f"{name}{ENDING}"

    def key_file(self, name: str) -> Path:
        """Name the file of its key."""
        return self.folder / f"{name}.key"

    def make_root(self, centre: str, *, now: datetime, force: bool = False) -> None:
        """Make the authority itself.

        Raises:
            CertificateError: there is one already, and nothing was said of `force`.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"{centre} Gridwatch CA")
        builder = (
            _builder(subject, subject, key.public_key(), now, AUTHORITY_LASTS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(*_USES), critical=True)
        )
        self._write(AUTHORITY, builder.sign(key, hashes.SHA256()), key, force=force)

    def issue(
        self, name: str, purpose: Purpose, hosts: Sequence[str] = (), *, now: datetime, force: bool = False
    ) -> None:
        """Make a certificate; `hosts` are a server's names and addresses.

        Raises:
            CertificateError: there is no authority, or it has ended, a host is none, or a certificate of that name is there.
        """
        root, root_key = self._load(AUTHORITY), self._load_key(AUTHORITY)
        if root.not_valid_after_utc <= now:
            raise CertificateError(ENDED)
        key = ec.generate_private_key(ec.SECP256R1())
        lasts = min(CERTIFICATE_LASTS, root.not_valid_after_utc - now)
        builder = (
            _builder(_name(name), root.subject, key.public_key(), now, lasts)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([_extended(purpose)]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        )
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_host(h) for h in hosts]), critical=False)
        self._write(name, builder.sign(root_key, hashes.SHA256()), key, force=force)

    def renew(self, name: str, *, now: datetime) -> None:
        """Make a certificate anew, with a new key, for the same hosts and purpose.

        Raises:
            CertificateError: it is the authority, which everybody who trusts it would have to be given anew.
        """
        if name == AUTHORITY:
            raise CertificateError(ENDED)
        old = self.read(name)
        self.issue(name, old.purpose, old.hosts, now=now, force=True)

    def read(self, name: str) -> Certificate:
        """Read what a certificate says.

        Raises:
            CertificateError: it is not there, or is none.
        """
        found, root = self._load(name), self._load(AUTHORITY)
        try:
            found.verify_directly_issued_by(root)
            is_ours = True
        except (ValueError, TypeError, InvalidSignature):
            is_ours = False
        return Certificate(
            name=name,
            purpose=_purpose(found),
            hosts=_hosts(found),
            ends_at=found.not_valid_after_utc,
            is_ours=is_ours,
        )

    def every(self) -> Iterator[Certificate]:
        """Read all certificates, the authority's first; nothing where there is none."""
        if self.root.exists():
            yield self.read(AUTHORITY)
            for path in sorted(self.folder.glob(f"*{ENDING}")):
                if path != self.root:
                    yield self.read(path.name.removesuffix(ENDING))

    def _load(self, name: str) -> x509.Certificate:
        path = self.file(name)
        try:
            return x509.load_pem_x509_certificate(path.read_bytes())
        except FileNotFoundError:
            raise CertificateError(f"There is no {path}: `gridwatch certs make` makes it.") from None
        except (OSError, ValueError) as error:
            raise CertificateError(f"{path} cannot be read as a certificate: {error}.") from None

    def _load_key(self, name: str) -> ec.EllipticCurvePrivateKey:
        path = self.key_file(name)
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise CertificateError(f"The key {path} cannot be read: {error}.") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CertificateError(f"The key {path} is not one that `gridwatch certs` made.")
        return key

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, *, force: bool) -> None:
        if self.file(name).exists() and not force:
            raise CertificateError(f"{self.file(name)} is there already; --force makes it anew.")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _replace(self.key_file(name), private)
        _replace(self.file(name), certificate.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])  # RFC 5280: ub-common-name is 64


def _usage(*uses: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in uses for use in _ALL_USES})


def _extended(purpose: Purpose) -> x509.ObjectIdentifier:
    return ExtendedKeyUsageOID.SERVER_AUTH if purpose is Purpose.SERVER else ExtendedKeyUsageOID.CLIENT_AUTH


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        pass
    if not _DNS.fullmatch(text):  # an URL, a port or a slip of an address: nobody would ever be reached by it
        raise CertificateError(f"{text!r} is neither an address nor a DNS name in ASCII letters.")
    return x509.DNSName(text)


def _hosts(found: x509.Certificate) -> tuple[str, ...]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names)


def _purpose(found: x509.Certificate) -> Purpose:
    try:
        uses = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return Purpose.AUTHORITY
    return Purpose.SERVER if ExtendedKeyUsageOID.SERVER_AUTH in uses else Purpose.CLIENT


def _replace(path: Path, content: bytes) -> None:
    """Write a file in one step, readable by us alone from its first byte on."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
