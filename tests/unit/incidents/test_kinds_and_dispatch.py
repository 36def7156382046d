"""The two tables of incidents: what happened, and how far the response is."""

import pytest

from incidents.dispatch import Action, Dispatch, Note, after, allowed
from incidents.errors import IllegalActionError
from incidents.kinds import Kind, kind_of, title_of

STEPS = {
    (Dispatch.AWAITING, Action.SEND): (Dispatch.SENT, Note.SENT),
    (Dispatch.SENT, Action.ARRIVE): (Dispatch.ON_SCENE, Note.ON_SCENE),
    (Dispatch.ON_SCENE, Action.FINISH): (Dispatch.DONE, Note.DONE),
    (Dispatch.AWAITING, Action.CLOSE): (Dispatch.AWAITING, Note.CLOSED),
    (Dispatch.DONE, Action.CLOSE): (Dispatch.DONE, Note.CLOSED),
}


@pytest.mark.parametrize("dispatch", Dispatch)
@pytest.mark.parametrize("action", [action for action in Action if action is not Action.COMMENT])
def test_every_pair_is_a_step_or_a_named_error(dispatch, action):
    """Row 20 of lessons: a pair of the table leads on, any other is refused by name."""
    if (dispatch, action) in STEPS:
        assert after(dispatch, action) == STEPS[dispatch, action]
        assert action in allowed(dispatch)
    else:
        assert action not in allowed(dispatch)
        with pytest.raises(IllegalActionError, match=f"{dispatch}.*{action}"):
            after(dispatch, action)


@pytest.mark.parametrize(
    ("condition", "metric", "kind"),
    [
        ("smoke", "fire", Kind.FIRE),
        ("fire-seen", "fire_seen", Kind.FIRE),
        ("level-high", "smoke", Kind.FIRE),
        ("level-high", "stage", Kind.FLOOD),
        ("level-high", "rain_24h", Kind.FLOOD),
        ("level-low", "battery", Kind.DEVICE),
        ("no-data", None, Kind.DEVICE),
        ("level-high", "pressure", Kind.OTHER),
        ("unheard-of", None, Kind.OTHER),
    ],
)
def test_the_kind_follows_condition_and_metric(condition, metric, kind):
    """The condition decides; a level is of the kind of its metric."""
    assert kind_of(condition, metric) is kind


def test_an_incident_is_called_by_place_and_kind():
    """The larger place stands before the finer one, and what is not known is left out."""
    assert title_of(Kind.FIRE, "东河村", "第三网格") == "东河村第三网格 火情"
    assert title_of(Kind.OTHER, None, None) == "突发情况"
