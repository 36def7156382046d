"""The dispatch of an incident: one enum, one table, and what an officer may ask. Pure: reads no clock."""

from enum import StrEnum

from incidents.errors import IllegalActionError


class Dispatch(StrEnum):
    """How far the response is."""

    AWAITING = "awaiting"  # nobody was sent yet
    SENT = "sent"
    ON_SCENE = "on_scene"
    DONE = "done"


class Action(StrEnum):
    """What an officer asks of an incident."""

    SEND = "send"
    ARRIVE = "arrive"
    FINISH = "finish"
    CLOSE = "close"
    COMMENT = "comment"


class Note(StrEnum):
    """What the log says was done, in the past tense or as the state that was reached."""

    OPENED = "opened"
    JOINED = "joined"
    REOPENED = "reopened"  # an alarm joined after the response was done: somebody has to go again
    GATHERED = "gathered"  # a storm made it part of the incident of its town
    SENT = "sent"
    ON_SCENE = "on_scene"
    DONE = "done"
    CLOSED = "closed"
    COMMENTED = "commented"


_TABLE: dict[tuple[Dispatch, Action], tuple[Dispatch, Note]] = {
    (Dispatch.AWAITING, Action.SEND): (Dispatch.SENT, Note.SENT),
    (Dispatch.SENT, Action.ARRIVE): (Dispatch.ON_SCENE, Note.ON_SCENE),
    (Dispatch.ON_SCENE, Action.FINISH): (Dispatch.DONE, Note.DONE),
    # A false alarm is closed before anybody went. While somebody is out, an incident cannot be closed over his head.
    (Dispatch.AWAITING, Action.CLOSE): (Dispatch.AWAITING, Note.CLOSED),
    (Dispatch.DONE, Action.CLOSE): (Dispatch.DONE, Note.CLOSED),
    **{(dispatch, Action.COMMENT): (dispatch, Note.COMMENTED) for dispatch in Dispatch},
}


def after(dispatch: Dispatch, action: Action) -> tuple[Dispatch, Note]:
    """Look up where an action leads and what the log says of it.

    Raises:
        IllegalActionError: the pair is not in the table.
    """
    try:
        return _TABLE[dispatch, action]
    except KeyError:
        raise IllegalActionError(dispatch, action) from None


def allowed(dispatch: Dispatch) -> tuple[Action, ...]:
    """List what an officer may ask now, in the order of the table."""
    return tuple(action for (state, action) in _TABLE if state is dispatch)
