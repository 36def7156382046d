"""The alarm engine: judges readings, keeps the life of alarms. Opens no incident and draws nothing."""
