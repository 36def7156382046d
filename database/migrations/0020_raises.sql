-- Who flaps is judged by the raises of late: a restart reads them.
CREATE INDEX alarm_transitions_raised ON alarm_transitions (recorded_at) WHERE cause = 'raised';
