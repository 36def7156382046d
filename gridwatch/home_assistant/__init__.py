"""Tells Home Assistant of our devices and alarms by MQTT discovery, where the settings ask for it."""

from gridwatch.home_assistant.publisher import HomeAssistant

__all__ = ["HomeAssistant"]
