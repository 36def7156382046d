"""What can go wrong when somebody is told; each class says who is at fault. No I/O, no clock."""

from alerts.errors import AlertsError


class SecretError(AlertsError):
    """A receiver's secret is not where the notify file says: the administrator's to put right."""
