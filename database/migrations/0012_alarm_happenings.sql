-- An alarm that returned and was never acknowledged waits for its officer while a later happening opens its own
-- (docs/decisions/0013): at most one of them is active, and no reading opens two.
ALTER TABLE alarms ADD COLUMN opened_at timestamptz; -- device time of the reading that opened it; raised_at moves on
UPDATE alarms SET opened_at = (SELECT min(t.at) FROM alarm_transitions t WHERE t.alarm = alarms.id);
DROP INDEX alarms_active_once;
CREATE UNIQUE INDEX alarms_active_once ON alarms (device, condition, priority, coalesce(metric, 0))
    WHERE state IN ('unack', 'acked');
CREATE UNIQUE INDEX alarms_opened_once ON alarms (device, condition, priority, coalesce(metric, 0), opened_at);
