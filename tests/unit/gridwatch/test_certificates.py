"""The private authority: what it makes, what it refuses, what it renews."""

import stat
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from gridwatch.certificates import AUTHORITY, Authority, CertificateError, Purpose
from gridwatch.commands.certs import app
from gridwatch.data_dir import DataDirectory
from gridwatch.doctor import Verdict, _certificates

NOW = datetime.now(UTC)


@pytest.fixture
def authority(tmp_path):
    """An authority of today."""
    made = Authority(tmp_path / "certs")
    made.make_root("试点县", now=NOW)
    return made


def test_a_certificate_says_what_was_asked_for(authority):
    """Hosts, purpose and 825 days; the authority ten years; keys for nobody else."""
    authority.issue("broker", Purpose.SERVER, ("mqtt.example", "10.0.0.5", "::1"), now=NOW)
    made, root = authority.read("broker"), authority.read(AUTHORITY)
    assert (made.purpose, made.hosts, made.is_ours) == (Purpose.SERVER, ("mqtt.example", "10.0.0.5", "::1"), True)
    assert made.ends_at - NOW < timedelta(days=825)
    assert root.ends_at - NOW > timedelta(days=3650)
    assert root.purpose is Purpose.AUTHORITY
    for path in authority.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_overwritten_unless_told_to(authority):
    """Neither the authority nor a certificate; what is no host is refused with a sentence."""
    authority.issue("web", Purpose.SERVER, ("a.example",), now=NOW)
    before = authority.file("web").read_bytes()
    with pytest.raises(CertificateError, match="--force makes it anew"):
        authority.make_root("x", now=NOW)
    with pytest.raises(CertificateError, match="is there already"):
        authority.issue("web", Purpose.SERVER, ("b.example",), now=NOW)
    assert authority.file("web").read_bytes() == before


@pytest.mark.parametrize(
    "host", ["县.例子", "10.20.0.300", "mqtts://a.example", "a.example:8883", "a b", "", "10.0.0.5/24", "a,b", "a" * 64]
)
def test_a_name_nobody_could_be_reached_by_is_refused(authority, host):
    """A slip of an address would make a certificate that every gateway refuses."""
    with pytest.raises(CertificateError, match="neither an address nor a DNS name"):
        authority.issue("other", Purpose.SERVER, (host,), now=NOW)
    assert not authority.file("other").exists()


@pytest.mark.parametrize(
    "host", ["localhost", "a-1.example", "*.county.example", "1.a1", "10.0.0.5", "fe80::1", "x_y.example"]
)
def test_names_of_machines_are_taken(authority, host):
    """Addresses, names, and a star in front."""
    authority.issue("other", Purpose.SERVER, (host,), now=NOW)
    assert authority.read("other").hosts == (host,)


def test_an_authority_that_has_ended_makes_nothing(authority):
    """It says what to do."""
    with pytest.raises(CertificateError, match="The authority itself ends"):
        authority.issue("web", Purpose.SERVER, ("a.example",), now=NOW + timedelta(days=3700))


def test_other_hosts_need_no_other_authority(tmp_path):
    """Deleted certificates are made anew for the hosts named, and gateways go on trusting; nothing is made twice by itself."""
    make = CliRunner()
    assert make.invoke(app, ["make", "--data-dir", str(tmp_path)]).exit_code == 0
    authority = Authority(tmp_path / "certs")
    root = authority.root.read_bytes()
    assert "--force makes it anew" in str(make.invoke(app, ["make", "--data-dir", str(tmp_path)]).exception)
    authority.file("broker").unlink()
    assert make.invoke(app, ["make", "--host", "10.20.0.5", "--data-dir", str(tmp_path)]).exit_code == 0
    assert "10.20.0.5" in authority.read("broker").hosts
    assert "10.20.0.5" not in authority.read("web").hosts
    assert authority.root.read_bytes() == root


def test_renewing_leaves_what_others_made(tmp_path):
    """A certificate bought elsewhere is not replaced by one of ours, and the others are renewed."""
    ours, theirs = Authority(tmp_path / "certs"), Authority(tmp_path / "theirs")
    for one in (ours, theirs):
        one.make_root("试点县", now=NOW)
        for name in ("broker", "web"):
            one.issue(name, Purpose.SERVER, ("a.example",), now=NOW - timedelta(days=800))
    bought = theirs.file("web").read_bytes()
    ours.file("web").write_bytes(bought)
    told = CliRunner().invoke(app, ["renew", "--data-dir", str(tmp_path)])
    assert told.exit_code == 0
    assert "renew it where it was made" in told.output
    assert ours.file("web").read_bytes() == bought
    assert ours.read("broker").ends_at > NOW + timedelta(days=800)


def test_renewing_keeps_hosts_and_purpose_and_never_outlives_the_authority(authority):
    """A new key for the same names; the authority itself cannot be renewed in silence."""
    authority.issue("web", Purpose.SERVER, ("a.example",), now=NOW)
    key = authority.key_file("web").read_bytes()
    authority.renew("web", now=NOW + timedelta(days=3300))
    made = authority.read("web")
    assert (made.hosts, made.purpose) == (("a.example",), Purpose.SERVER)
    assert made.ends_at <= authority.read(AUTHORITY).ends_at
    assert authority.key_file("web").read_bytes() != key
    with pytest.raises(CertificateError, match="The authority itself ends"):
        authority.renew(AUTHORITY, now=NOW)


def test_the_doctor_warns_thirty_days_before_and_of_strangers(tmp_path):
    """What ends soon is bad, and what another authority made is pointed out."""
    directory = DataDirectory(path=tmp_path)
    authority = Authority(directory.certificates)
    assert list(_certificates(directory)) == []
    authority.make_root("试点县", now=NOW)
    authority.issue("web", Purpose.SERVER, ("a.example",), now=NOW - timedelta(days=800))
    authority.issue("broker", Purpose.SERVER, ("a.example",), now=NOW)
    authority.make_root("别县", now=NOW, force=True)
    authority.issue("fresh", Purpose.SERVER, ("a.example",), now=NOW)
    seen = {finding.subject: finding.verdict for finding in _certificates(directory)}
    assert seen == {
        "证书 ca": Verdict.GOOD,
        "证书 broker": Verdict.NOTE,
        "证书 fresh": Verdict.GOOD,
        "证书 web": Verdict.BAD,
    }
