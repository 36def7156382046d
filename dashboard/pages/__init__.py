"""The three screens as Dash layouts. Layouts only: no query, no callback, no text of their own."""
