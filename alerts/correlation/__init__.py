"""Stage 2 of the alarm engine: alarms of several devices make one of a place. Judges alarms, never readings."""
