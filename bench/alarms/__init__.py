"""`make bench-alarms`: the default rules on every recording we have, scored against what is known of it."""
