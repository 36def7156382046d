-- What a device's clock is worth, and alarms of data that were told late (docs/decisions/0030).
CREATE TABLE device_clocks (
    device     integer PRIMARY KEY REFERENCES devices ON DELETE CASCADE,
    skew_s     double precision,                    -- receive less device time, the least of late: > 0 behind, < 0 ahead
    heard_at   timestamptz,                         -- when the clock was last compared
    uncertain  bigint NOT NULL DEFAULT 0,           -- readings whose own time could not be believed
    duplicates bigint NOT NULL DEFAULT 0            -- readings that were there already
) WITH (fillfactor = 70);
CREATE INDEX device_clocks_worst ON device_clocks (abs(skew_s) DESC) WHERE abs(skew_s) >= 5;

-- True: what raised it was told so late that it is history as far as we know. It sounds once it is known to stand still.
ALTER TABLE alarms ADD COLUMN backfilled boolean NOT NULL DEFAULT false;
CREATE INDEX alarms_backfilled ON alarms (id) WHERE backfilled AND state = 'unack';

-- As in 0022; of what is history nobody is told until it sounds.
CREATE OR REPLACE FUNCTION alarm_steps_to_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (subject, number, version, cause, at, covered)
    SELECT 'alarm', n.alarm, n.version, n.cause, n.recorded_at, a.backfilled OR EXISTS (
               SELECT FROM overrides o
               WHERE o.device = a.device AND (o.condition IS NULL OR o.condition = a.condition)
                 AND (o.metric IS NULL OR o.metric = coalesce(a.metric, 0))
                 AND (o.priority IS NULL OR o.priority <= a.priority)
                 AND o.ended_at IS NULL AND o.starts_at <= n.recorded_at AND o.ends_at > n.recorded_at)
    FROM written n JOIN alarms a ON a.id = n.alarm
    WHERE n.cause IN ('raised', 'realarmed', 'returned', 'rule-removed')
    ORDER BY n.alarm, n.version
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
