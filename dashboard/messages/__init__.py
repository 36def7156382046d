"""The message catalogue: every text a person reads, by key and language. Refuses an unknown key."""

from dashboard.messages.catalogue import DEFAULT_LANGUAGE, Language, choose_language, load_messages, text

__all__ = ["DEFAULT_LANGUAGE", "Language", "choose_language", "load_messages", "text"]
