"""What decides who comes in: attempts, claims, passwords, permissions, the form, the headers."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from dashboard.auth.attempts import PER_ADDRESS, PER_NAME, WINDOW, Attempts
from dashboard.auth.credentials import Tokens, claim, read_claim
from dashboard.auth.login_page import TEXTS, login_page
from dashboard.auth.passwords import PasswordError, hash_password, is_password
from dashboard.auth.permissions import LONGEST_SHELVING, PERMISSIONS, Account, Action, Role
from dashboard.headers import page_policy

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
SECRET = "a secret of at least thirty-two characters"


def account(**changes: object) -> Account:
    """Make an account."""
    return Account(**{"name": "o", "role": Role.OFFICER, "areas": frozenset(), "epoch": 1} | changes)  # type: ignore[arg-type]


def test_a_name_waits_after_five_failures_and_only_from_that_address() -> None:
    """The sixth attempt must wait until the first failure is five minutes old."""
    attempts = Attempts()
    for second in range(PER_NAME):
        assert attempts.wait("a", "here", now=NOW + timedelta(seconds=second)) == timedelta(0)
        attempts.fail("a", "here", now=NOW + timedelta(seconds=second))
    assert attempts.wait("a", "here", now=NOW + timedelta(seconds=5)) == WINDOW - timedelta(seconds=5)
    assert attempts.wait("a", "there", now=NOW) == timedelta(0)
    assert attempts.wait("b", "here", now=NOW) == timedelta(0)
    assert attempts.wait("a", "here", now=NOW + WINDOW) == timedelta(0)


def test_an_address_waits_whatever_names_it_tries() -> None:
    """One password against many names is guessing, too."""
    attempts = Attempts()
    for number in range(PER_ADDRESS):
        attempts.fail(f"n{number}", "here", now=NOW)
    assert attempts.wait("new", "here", now=NOW) == WINDOW


def test_three_hundred_people_behind_one_address_may_log_in() -> None:
    """A success takes its own attempt back, so a change of shift does not close the door."""
    attempts = Attempts()
    for number in range(300):
        assert attempts.wait(f"n{number}", "proxy", now=NOW) == timedelta(0)
        attempts.fail(f"n{number}", "proxy", now=NOW)
        attempts.succeed(f"n{number}", "proxy")


def test_what_is_remembered_of_attempts_is_bounded() -> None:
    """Full, the oldest failure is forgotten first."""
    attempts = Attempts(capacity=100)
    for number in range(1000):
        attempts.fail(f"n{number}", f"a{number}", now=NOW)
    assert len(attempts._failures) == 100


def test_a_claim_holds_until_its_end_and_within_its_epoch() -> None:
    """A token is void when it is old, when the sessions of the account were ended, and when the account is gone."""
    tokens = Tokens(SECRET)
    made = tokens.read(tokens.sign(claim(account(), lifetime=timedelta(hours=1), now=NOW)))
    assert made is not None
    assert made.holds(account(), NOW)
    assert not made.holds(account(), NOW + timedelta(hours=1))
    assert not made.holds(account(epoch=2), NOW)
    assert not made.holds(None, NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "e30.x",
        Tokens("another secret of thirty-two characters!").sign(
            claim(Account(name="o", role=Role.ADMIN, areas=frozenset(), epoch=1), lifetime=timedelta(hours=1), now=NOW)
        ),
    ],
)
def test_a_token_we_did_not_sign_is_none(token: str) -> None:
    """Anything but our own signature reads as nothing."""
    assert Tokens(SECRET).read(token) is None


@pytest.mark.parametrize("value", [None, 1, {}, {"n": "o"}, {"n": 1, "e": 1, "x": 1}, ["n"]])
def test_what_is_no_claim_reads_as_none(value: object) -> None:
    """A session that holds something else is a session of nobody."""
    assert read_claim(value) is None


def test_passwords_are_checked_and_short_ones_refused() -> None:
    """The right password is right, another is not, and nobody has none."""
    stored = hash_password("a long enough one")
    assert is_password(stored, "a long enough one")
    assert not is_password(stored, "another one")
    assert not is_password(None, "nobody has this password")
    assert not is_password("no hash", "x")
    with pytest.raises(PasswordError):
        hash_password("short")


def test_every_role_has_its_row() -> None:
    """The tables name every role; a screen can only look; who is above may all that is below; admin may everything."""
    assert PERMISSIONS.keys() == LONGEST_SHELVING.keys() == set(Role)
    assert PERMISSIONS[Role.SCREEN] == {Action.READ}
    ladder = [Role.SCREEN, Role.OFFICER, Role.DISPATCHER, Role.COMMANDER, Role.ADMIN]
    for below, above in pairwise(ladder):
        assert PERMISSIONS[below] < PERMISSIONS[above]
        if above is not Role.ADMIN:  # who keeps the machines puts nothing red aside
            assert all(LONGEST_SHELVING[below][p] <= LONGEST_SHELVING[above][p] for p in (1, 2, 3, 4))
    assert PERMISSIONS[Role.ADMIN] == set(Action)


def test_an_account_reaches_its_areas_and_without_any_the_county() -> None:
    """One code of the place in the areas is enough; a place without a code is only the county's."""
    town = account(areas=frozenset({"T1"}))
    assert town.reaches({"C", "T1", "T1-1"})
    assert not town.reaches({"C", "T2"})
    assert not town.reaches(set())
    assert account().reaches(set())


@pytest.mark.parametrize("lang", TEXTS)
def test_the_form_escapes_what_came_from_outside(lang: str) -> None:
    """Name, message, target and the centre's name are text in the page, never markup."""
    evil = '"><script>alert(1)</script>'
    page = login_page(lang=lang, centre=evil, wanted=f"/{evil}", name=evil, message=evil)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 4


def test_the_policy_names_the_tile_servers_and_nobody_else() -> None:
    """Without a base map nothing foreign is allowed; with one only images of its servers."""
    assert "http" not in page_policy(None)
    assert "img-src 'self' data: blob: https://*.tiles.test;" in page_policy("https://t{s}.tiles.test/{z}/{x}/{y}.png")
    assert "https://map.test:8443;" in page_policy("https://map.test:8443/{z}/{x}/{y}.png")
    assert "http" not in page_policy("/tiles/{z}/{x}/{y}.png")
