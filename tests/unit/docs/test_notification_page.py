"""docs/how-to/send-notifications.md and docs/reference/notification.md say what holds."""

import re
from pathlib import Path

import pytest

from alerts.notification import by_apprise
from alerts.notification.happening import Telling
from alerts.notification.notify_file import load_notify
from alerts.notification.routes import GroupBy

DOCS = Path(__file__).parents[3] / "docs"
HOW_TO = (DOCS / "how-to" / "send-notifications.md").read_text(encoding="utf-8")
REFERENCE = (DOCS / "reference" / "notification.md").read_text(encoding="utf-8")


def test_the_example_file_is_taken():
    """Whoever copies the notify file of the manual is not refused."""
    (text,) = [block for block in re.findall(r"```yaml\n(.*?)```", HOW_TO, re.DOTALL) if "receivers:" in block]
    found = load_notify(text)
    assert len(found.receivers) == 5
    assert len(found.routes) == 4


@pytest.mark.filterwarnings("ignore:.imghdr. is deprecated")  # Apprise looks for it, on Python before 3.13
def test_every_address_of_the_manual_is_one_that_apprise_understands():
    """DingTalk, WeCom, Feishu, mail and the SMS gateway: the URLs of the table mean something."""
    urls = re.findall(r"^\| [^|]+ \| `(\w+://[^`]+)`", HOW_TO, re.MULTILINE)
    assert len(urls) == 6
    filled = [url.replace("KEY", "k" * 36).replace("TOKEN", "t" * 20).replace("ACCESS_", "") for url in urls]
    assert [url for url in filled if not by_apprise.is_understood(url)] == []


def test_every_cause_and_group_is_explained():
    """The closed lists of the file stand in the reference."""
    words = set(re.findall(r"`([^`]+)`", REFERENCE))
    assert {member.value for closed in (Telling, GroupBy) for member in closed} <= words
