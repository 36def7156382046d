-- The spine: grids, devices, readings, alarms, incidents, people and the change log they share.
-- Instants are timestamptz (UTC on the wire). Coordinates are WGS 84 degrees, longitude first.

-- Grids -------------------------------------------------------------------------------------------------------------
CREATE TABLE grid_versions (
    version     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    valid_from  timestamptz NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now(),
    source      text NOT NULL,
    report      jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE grids (
    key     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version integer NOT NULL REFERENCES grid_versions ON DELETE CASCADE,
    code    text NOT NULL,
    name    text NOT NULL,
    level   text NOT NULL CHECK (level IN ('county', 'town', 'village', 'grid', 'micro-grid', 'special')),
    parent  text,                                   -- code of the parent in the same version
    shape   bytea NOT NULL,                         -- WKB, (Multi)Polygon
    UNIQUE (version, code)
);

-- Devices -----------------------------------------------------------------------------------------------------------
CREATE TABLE metrics (
    key  smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    unit text NOT NULL                              -- the usual one, SenML / UCUM; '1' for a fact that is 0 or 1
);

CREATE TABLE devices (
    key        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         text NOT NULL UNIQUE,
    kind       text NOT NULL,                       -- smoke, gauge, rain, camera, panel, ...
    area       text NOT NULL DEFAULT '',            -- the town's grid code
    name       text NOT NULL DEFAULT '',
    lon        double precision,
    lat        double precision,
    datum      text NOT NULL DEFAULT 'wgs84',       -- what the coordinates were declared in; stored ones are WGS 84
    grid       integer REFERENCES grids ON DELETE SET NULL,
    building   text,
    gateway    text,                                -- id of the device it reports through
    moving     boolean NOT NULL DEFAULT false,
    attributes jsonb NOT NULL DEFAULT '{}',
    last_seen  timestamptz,
    version    integer NOT NULL DEFAULT 1,
    retired_at timestamptz
) WITH (fillfactor = 70);                           -- last_seen changes in place
CREATE INDEX devices_by_kind ON devices (kind, key);
CREATE INDEX devices_by_grid ON devices (grid);

CREATE TABLE device_metrics (
    device     integer NOT NULL REFERENCES devices ON DELETE CASCADE,
    metric     smallint NOT NULL REFERENCES metrics,
    unit       text NOT NULL,                       -- what this device's readings and limits are stored in
    interval_s double precision,                    -- expected time between readings, seconds
    datum_m    double precision NOT NULL DEFAULT 0, -- added to a relative level to make it absolute, metres
    limit_4    double precision,                    -- limits by priority, in `unit`; NULL = the kind's
    limit_3    double precision,
    limit_2    double precision,
    limit_1    double precision,
    PRIMARY KEY (device, metric)
);

CREATE TABLE waiting_devices (                      -- heard, but not registered
    id         text PRIMARY KEY,
    source     text NOT NULL,
    area       text NOT NULL DEFAULT '',
    first_seen timestamptz NOT NULL,
    last_seen  timestamptz NOT NULL,
    messages   bigint NOT NULL DEFAULT 1,
    topic      text NOT NULL,
    payload    bytea NOT NULL
);

-- Readings (made a hypertable or range-partitioned by 0002) ----------------------------------------------------------
CREATE TABLE device_last (                          -- newest reading of each device and metric; written four times a minute
    device   integer NOT NULL REFERENCES devices ON DELETE CASCADE,
    metric   smallint NOT NULL,
    time     timestamptz NOT NULL,
    value    double precision NOT NULL,
    quality  smallint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (device, metric)
) WITH (fillfactor = 50);

CREATE TABLE camera_events (
    device   integer NOT NULL REFERENCES devices ON DELETE CASCADE,
    event    text NOT NULL,
    label    text NOT NULL,
    severity text NOT NULL,                         -- detection, alert
    started  timestamptz NOT NULL,
    updated  timestamptz NOT NULL,
    ended    timestamptz,
    score    double precision,
    zones    text[] NOT NULL DEFAULT '{}',
    grid     integer,
    PRIMARY KEY (device, event)
);

CREATE TABLE rejected_messages (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received timestamptz NOT NULL,
    topic    text NOT NULL,
    source   text NOT NULL,
    reason   text NOT NULL,
    detail   text NOT NULL DEFAULT '',
    payload  bytea NOT NULL
);
CREATE INDEX rejected_messages_by_time ON rejected_messages (received);

CREATE TABLE worker_progress (
    worker   text PRIMARY KEY,
    batch    bigint NOT NULL DEFAULT 0,             -- number of the last committed batch: settles a commit whose answer was lost
    alive_at timestamptz NOT NULL,
    broker_heard_at timestamptz,                    -- when our own ping last came back through the broker
    newest_reading timestamptz,                     -- newest device time that was not in the future
    counters jsonb NOT NULL DEFAULT '{}'            -- running totals since the worker started, for /metrics
);

-- Alarms ------------------------------------------------------------------------------------------------------------
CREATE TABLE rule_sets (
    version   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    source    text NOT NULL,
    sha256    text NOT NULL UNIQUE,
    rules     jsonb NOT NULL
);

CREATE TABLE incidents (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL,                        -- fire, flood, device, other
    title     text NOT NULL,
    priority  smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    state     text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    dispatch  text NOT NULL DEFAULT 'awaiting' CHECK (dispatch IN ('awaiting', 'sent', 'on_scene', 'done')),
    place     text NOT NULL,                        -- what alarms join by: a grid code, or device:ID where there is no grid
    grid      integer REFERENCES grids ON DELETE SET NULL,
    lon       double precision,
    lat       double precision,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    version   integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX incidents_open_once ON incidents (kind, place) WHERE state = 'open';

CREATE TABLE incident_log (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident bigint NOT NULL REFERENCES incidents,
    version  integer NOT NULL,
    at       timestamptz NOT NULL,
    action   text NOT NULL,                         -- opened, joined, sent, on_scene, done, closed, commented
    actor    text NOT NULL,
    detail   jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX incident_log_by_incident ON incident_log (incident);

CREATE TABLE alarms (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device      integer NOT NULL REFERENCES devices,
    metric      smallint REFERENCES metrics,
    rule        text NOT NULL,
    rule_set    integer REFERENCES rule_sets,
    condition   text NOT NULL,                      -- level-high, smoke, fault, no-data, ...
    priority    smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    state       text NOT NULL CHECK (state IN ('norm', 'unack', 'acked', 'rtnun')),
    value       double precision,
    unit        text NOT NULL DEFAULT '',
    grid        integer REFERENCES grids ON DELETE SET NULL,
    lon         double precision,
    lat         double precision,
    raised_at   timestamptz NOT NULL,               -- device time of the reading that raised it
    recorded_at timestamptz NOT NULL,               -- our time
    acked_at    timestamptz,
    acked_by    text,
    cleared_at  timestamptz,                        -- device time of the reading that showed normal again
    incident    bigint REFERENCES incidents,
    version     integer NOT NULL DEFAULT 1
);
-- The promise that an alarm is raised once is this index, not a lock.
CREATE UNIQUE INDEX alarms_active_once ON alarms (device, condition, priority, coalesce(metric, 0)) WHERE state <> 'norm';
CREATE INDEX alarms_newest ON alarms (raised_at DESC, id DESC);
CREATE INDEX alarms_active ON alarms (priority, raised_at DESC, id DESC) WHERE state <> 'norm';
CREATE INDEX alarms_by_device ON alarms (device, id DESC);
CREATE INDEX alarms_by_incident ON alarms (incident) WHERE incident IS NOT NULL;

CREATE TABLE alarm_transitions (                    -- append-only; the alarms row is its projection
    alarm       bigint NOT NULL REFERENCES alarms,
    version     integer NOT NULL,
    at          timestamptz NOT NULL,               -- device time for the engine's, our time for an officer's
    recorded_at timestamptz NOT NULL,
    cause       text NOT NULL,                      -- raised, returned, acknowledged, realarmed, ...
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    value       double precision,
    actor       text NOT NULL DEFAULT 'engine',
    comment     text NOT NULL DEFAULT '',
    PRIMARY KEY (alarm, version)
);

CREATE TABLE overrides (                            -- what overrides the truth, each with an end
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL CHECK (kind IN ('shelved', 'suppressed', 'out_of_service')),
    device    integer NOT NULL REFERENCES devices,
    condition text,                                 -- NULL: every condition of the device
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    ended_at  timestamptz,                          -- set when it was ended, by time or by hand
    reason    text NOT NULL,
    actor     text NOT NULL
);
CREATE INDEX overrides_in_force ON overrides (device) WHERE ended_at IS NULL;

CREATE TABLE pending_delays (                       -- a condition seen, but not yet for long enough: survives a restart
    device    integer NOT NULL,
    metric    smallint NOT NULL,
    rule      text NOT NULL,
    priority  smallint NOT NULL,
    wanted    boolean NOT NULL,                     -- true: about to raise; false: about to return to normal
    since     timestamptz NOT NULL,                 -- device time
    PRIMARY KEY (device, metric, rule, priority)
);

CREATE TABLE deadlines (                            -- found by query, never an in-memory timer
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind    text NOT NULL,                          -- realarm, override-ends
    subject bigint NOT NULL,                        -- id of the alarm or override
    due_at  timestamptz NOT NULL,
    done_at timestamptz
);
CREATE UNIQUE INDEX deadlines_open_once ON deadlines (kind, subject) WHERE done_at IS NULL;
CREATE INDEX deadlines_due ON deadlines (due_at) WHERE done_at IS NULL;

CREATE TABLE outbox (                               -- whom we are to tell, written with the transition that causes it
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text NOT NULL,
    key        text NOT NULL UNIQUE,                -- idempotency: one telling per cause
    body       jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz
);

-- Live feed ---------------------------------------------------------------------------------------------------------
CREATE TABLE changes (
    seq     bigint PRIMARY KEY,                     -- gapless and in commit order
    kind    text NOT NULL,                          -- alarm, incident, device, grids, override, rules
    id      text NOT NULL,
    version integer NOT NULL,
    at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX changes_by_time ON changes (at);

-- People ------------------------------------------------------------------------------------------------------------
CREATE TABLE users (
    name          text PRIMARY KEY,
    password_hash text NOT NULL,
    role          text NOT NULL CHECK (role IN ('admin', 'officer', 'dispatcher', 'commander', 'screen')),
    areas         text[] NOT NULL DEFAULT '{}',     -- empty: the whole county
    token_epoch   integer NOT NULL DEFAULT 1,       -- raised to end every session of the user
    disabled_at   timestamptz
);

CREATE TABLE audit (                                -- each row's hash covers the row before it, so tampering shows
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL,
    actor  text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    hash   bytea NOT NULL
);
