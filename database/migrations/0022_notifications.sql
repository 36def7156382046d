-- Notification: what happened, who is to hear of it, whom we told (docs/decisions/0019).
-- The outbox is filled by triggers, so that nobody who writes a step of an alarm can forget it or commit it apart.
DROP TABLE outbox;
CREATE TABLE outbox (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject   text NOT NULL CHECK (subject IN ('alarm', 'incident')),
    number    bigint NOT NULL,                      -- id of the alarm or incident
    version   integer NOT NULL,
    cause     text NOT NULL,                        -- raised, realarmed, returned, rule-removed; opened, reopened
    at        timestamptz NOT NULL,                 -- our time
    covered   boolean NOT NULL,                     -- an override was in force: nobody is told
    routed_at timestamptz,                          -- when it was decided who is told
    UNIQUE (subject, number, version)               -- a second telling writes nothing
);
CREATE INDEX outbox_unrouted ON outbox (id) WHERE routed_at IS NULL;

-- What an override covers is said in alerts/overrides.py; its metric and priority come with 0023.
CREATE FUNCTION alarm_steps_to_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (subject, number, version, cause, at, covered)
    SELECT 'alarm', n.alarm, n.version, n.cause, n.recorded_at, EXISTS (
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
CREATE TRIGGER alarm_steps_to_outbox AFTER INSERT ON alarm_transitions REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION alarm_steps_to_outbox();

CREATE FUNCTION incident_steps_to_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (subject, number, version, cause, at, covered)
    SELECT 'incident', n.incident, n.version, n.action, n.at, false
    FROM written n WHERE n.action IN ('opened', 'reopened') ORDER BY n.id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER incident_steps_to_outbox AFTER INSERT ON incident_log REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION incident_steps_to_outbox();

CREATE TABLE receivers (                            -- of the notify file, as the notifier last read it
    name            text PRIMARY KEY,
    kind            text NOT NULL,                  -- webhook, apprise
    target          text NOT NULL,                  -- where, without secrets
    known_since     timestamptz NOT NULL,           -- it hears of nothing that happened before
    retired_at      timestamptz,                    -- not in the file any more
    last_success_at timestamptz,
    failing_since   timestamptz,
    failures        integer NOT NULL DEFAULT 0,     -- in a row
    next_at         timestamptz,                    -- nothing is tried before: the pause after failures
    last_error      text NOT NULL DEFAULT ''
);

CREATE TABLE deliveries (                           -- one message to one receiver
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key        text NOT NULL UNIQUE,                -- sent along: the receiver can drop a double
    receiver   text NOT NULL REFERENCES receivers,
    route      text NOT NULL,
    topic      text NOT NULL,                       -- what its items have in common: a grid, a kind, an incident
    kind       text NOT NULL CHECK (kind IN ('first', 'repeat', 'backlog')),
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'cancelled', 'dead', 'merged')),
    created_at timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,
    attempts   integer NOT NULL DEFAULT 0,          -- begun ones: one more than the log has when we died in the middle
    message    jsonb,                               -- written at the first attempt; every retry says the same
    closed_at  timestamptz,
    last_error text NOT NULL DEFAULT ''
);
-- A message nobody has tried to send yet takes in what happens meanwhile.
CREATE UNIQUE INDEX deliveries_gathering ON deliveries (receiver, route, topic)
    WHERE state = 'waiting' AND kind = 'first' AND message IS NULL AND attempts = 0;
CREATE INDEX deliveries_waiting ON deliveries (receiver, due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_by_state ON deliveries (state, id);

CREATE TABLE delivery_items (
    receiver text NOT NULL,
    subject  text NOT NULL,
    number   bigint NOT NULL,
    version  integer NOT NULL,
    nth      integer NOT NULL,                      -- 0 is the first telling, then the repeats
    cause    text NOT NULL,
    delivery bigint NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    PRIMARY KEY (receiver, subject, number, version, nth)  -- nobody is told the same twice
);
CREATE INDEX delivery_items_by_delivery ON delivery_items (delivery);
CREATE INDEX delivery_items_by_subject ON delivery_items (subject, number);

CREATE TABLE notification_log (                     -- append-only: whom we told, when and what
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    delivery bigint NOT NULL,
    key      text NOT NULL,
    receiver text NOT NULL,
    outcome  text NOT NULL CHECK (outcome IN ('sent', 'failed', 'cancelled', 'dead', 'merged', 'retried')),
    actor    text NOT NULL DEFAULT 'notifier',
    detail   text NOT NULL DEFAULT '',
    message  jsonb                                  -- what was said, where it was sent
);
CREATE INDEX notification_log_by_delivery ON notification_log (delivery, id);

CREATE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the notification log is append-only';
END $$;
CREATE TRIGGER notification_log_is_append_only BEFORE UPDATE OR DELETE ON notification_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite();

CREATE TABLE notifier_progress (
    name     text PRIMARY KEY,
    alive_at timestamptz NOT NULL,
    fault    text NOT NULL DEFAULT ''               -- why a changed notify file was refused
);
