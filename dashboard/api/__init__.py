"""The REST interface under /api/v1: one file a resource (docs/reference/http.md)."""

from dashboard.api.router import router

__all__ = ["router"]
