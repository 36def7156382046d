"""docs/reference/http.md names every call that exists, and none that does not."""

import re
from datetime import UTC, datetime
from pathlib import Path

from dashboard.app import create_app
from dashboard.auth.permissions import LONGEST_SHELVING, PERMISSIONS, Action, Role
from dashboard.settings import WebSettings

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "http.md").read_text(encoding="utf-8")


def test_the_page_names_the_calls_that_exist() -> None:
    """Every method and path of the OpenAPI document stands in the page, and the page has no other."""
    settings = {"database_url": "postgresql:///none", "secret": "s" * 32, "data_dir": "/none"}
    app = create_app(WebSettings.model_validate(settings), clock=lambda: datetime(2026, 6, 1, tzinfo=UTC))
    exist = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    table = PAGE[PAGE.index("## Calls") : PAGE.index("### Lists")]
    named = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^ `]*)`", table))
    assert named == exist


def test_the_table_of_roles_is_the_one_that_holds() -> None:
    """Each row of the page's table has a mark exactly where the permission table has the action."""
    rows = {
        "read": [Action.READ],
        "comment, acknowledge": [Action.COMMENT, Action.ACKNOWLEDGE],
        "move incidents": [Action.MOVE_INCIDENT],
        "open incidents by hand; have a message tried again": [Action.OPEN_INCIDENT, Action.RETRY_NOTIFICATION],
        "take in and cancel weather warnings": [Action.DECLARE_WEATHER],
        "register on the spot (`/field`)": [Action.REGISTER_IN_FIELD],
        "propose and try rules": [Action.PROPOSE_RULES],
        "admit and refuse rules": [Action.ADMIT_RULES],
        "take a device out of service; read the audit trail": [Action.TAKE_OUT_OF_SERVICE, Action.READ_AUDIT],
        "register devices; see raw payloads; manage accounts": [
            Action.REGISTER_DEVICE,
            Action.READ_RAW,
            Action.MANAGE_USERS,
        ],
    }
    roles = [Role.SCREEN, Role.OFFICER, Role.DISPATCHER, Role.COMMANDER, Role.ADMIN]
    cells = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]]
        for line in PAGE[PAGE.index("### Roles") : PAGE.index("## Calls")].splitlines()
        if line.startswith("| ")
    }
    for name, actions in rows.items():
        for action in actions:
            assert cells[name] == ["●" if action in PERMISSIONS[role] else "" for role in roles], action
    for name, priority in (("red", 1), ("orange", 2), ("yellow", 3), ("blue", 4)):
        hours = [int(LONGEST_SHELVING[role][priority].total_seconds() // 3600) for role in roles]
        assert cells[f"shelve {name}, at most"] == [f"{h} h" if h else "" for h in hours]
    assert {action for actions in rows.values() for action in actions} | {Action.SHELVE} == set(Action)
