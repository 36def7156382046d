"""Warnings outward as CAP 1.2 (OASIS Standard CAP-V1.2): what is said, when, and the record of it. Sends nothing."""

from incidents.cap.document import NAMESPACE, active_document, message_document
from incidents.cap.message import MsgType, Reference, Sender, Status, Step, Warned, steps_due
from incidents.cap.store import Published, active_messages, find_message, publish, recent_messages

__all__ = [
    "NAMESPACE",
    "MsgType",
    "Published",
    "Reference",
    "Sender",
    "Status",
    "Step",
    "Warned",
    "active_document",
    "active_messages",
    "find_message",
    "message_document",
    "publish",
    "recent_messages",
    "steps_due",
]
