-- What an override covers exactly, plans made in one act, suppression by design, and what the room's own figures ask for.
ALTER TABLE overrides
    ADD COLUMN metric   smallint,               -- only alarms of this metric (0: of the device as a whole); NULL: any
    ADD COLUMN priority smallint CHECK (priority BETWEEN 1 AND 4), -- this one and lesser ones; NULL: any. What gets worse sounds
    ADD COLUMN version  integer NOT NULL DEFAULT 1,
    ADD COLUMN ended_by text,                   -- account that ended it; engine: its time, or its reason, was over
    ADD COLUMN rule     text,                   -- suppressed by design: the rule that says so
    ADD COLUMN plan     bigint REFERENCES overrides, -- first override of the act that made several; NULL: made alone
    ADD COLUMN scope    text CHECK (scope IN ('grid', 'gateway')), -- what the act named
    ADD COLUMN target   text;                   -- its code or id
UPDATE overrides SET version = 2, ended_by = 'engine' WHERE ended_at IS NOT NULL;
-- Two workers that see the same cause suppress once.
CREATE UNIQUE INDEX overrides_by_design_once ON overrides (device, condition, rule, coalesce(metric, 0))
    WHERE rule IS NOT NULL AND ended_at IS NULL;
CREATE INDEX overrides_by_plan ON overrides (plan) WHERE plan IS NOT NULL;

-- How long after an acknowledgement: what is put off, because somebody was sent, is put off by as much again.
ALTER TABLE deadlines ADD COLUMN after interval;

-- The room's own figures count announcements and acknowledgements by our time; nothing else of a step is needed for it.
CREATE INDEX alarm_transitions_by_cause ON alarm_transitions (cause, recorded_at) INCLUDE (alarm, version, at);
