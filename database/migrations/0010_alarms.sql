-- Finding the newest alarm of a point must not read a chattering device's whole history.
CREATE INDEX alarms_by_point ON alarms (device, condition, priority, coalesce(metric, 0), id DESC);
-- Whether every override that covers an alarm has ended is asked whenever one ends.
CREATE INDEX overrides_by_end ON overrides (ends_at) WHERE ended_at IS NULL;
