"""What the NVR Frigate publishes: events, reviews and the status of its cameras. Pure. Never a person, face or plate."""

from datetime import timedelta

import orjson

from simulators.noise import uniform
from simulators.observation import Observation, Phase, Sending, Sighting
from simulators.wire import Message

_PREFIX = "frigate"
_WIDTH, _HEIGHT = 1920, 1080
_FRAME = timedelta(milliseconds=200)


def encode(sending: Sending) -> list[Message]:
    """Encode a sighting as the message of its event and of its review; "offline" is the status of the detector."""
    report = sending.report
    if isinstance(report, Observation):
        offline = report.value("offline")
        if offline is None:
            return []
        word = b"offline" if offline else b"online"
        return [Message(topic=f"{_PREFIX}/{report.spec.id}/status/detect", payload=word)]
    event, review = _event(report), _review(report)
    return [
        Message(topic=f"{_PREFIX}/events", payload=_envelope(report.phase, event)),
        Message(topic=f"{_PREFIX}/reviews", payload=_envelope(report.phase, review)),
    ]


def _envelope(phase: Phase, after: dict[str, object]) -> bytes:
    return orjson.dumps({"type": phase.value, "before": after, "after": after})


def _end(sighting: Sighting) -> float | None:
    return sighting.time.timestamp() if sighting.phase is Phase.END else None


def _event(sighting: Sighting) -> dict[str, object]:
    left = int(uniform(sighting.key, "x") * (_WIDTH - 400))
    top = int(uniform(sighting.key, "y") * (_HEIGHT - 300))
    box = [left, top, left + 320, top + 220]
    return {
        "id": sighting.key,
        "camera": sighting.spec.id,
        "frame_time": max(sighting.started, sighting.time - _FRAME).timestamp(),
        "label": sighting.label,
        "sub_label": None,
        "score": sighting.score,
        "top_score": max(sighting.score, 0.95),
        "false_positive": False,
        "start_time": sighting.started.timestamp(),
        "end_time": _end(sighting),
        "box": box,
        "area": (box[2] - box[0]) * (box[3] - box[1]),
        "current_zones": [],
        "entered_zones": [],
        "stationary": sighting.phase is not Phase.NEW,
        "has_snapshot": False,
        "has_clip": False,
        "current_attributes": [],
    }


def _review(sighting: Sighting) -> dict[str, object]:
    return {
        "id": f"{sighting.key}r",
        "camera": sighting.spec.id,
        "start_time": sighting.started.timestamp(),
        "end_time": _end(sighting),
        "severity": sighting.severity,
        "thumb_path": "",
        "data": {
            "detections": [sighting.key],
            "objects": [sighting.label],
            "sub_labels": [],
            "zones": [],
            "audio": [],
        },
    }
