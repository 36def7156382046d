-- When a worker could hear nobody, because it or the broker was away: no later restart takes that for the silence of a device.
CREATE TABLE worker_absences (
    worker text NOT NULL,
    since  timestamptz NOT NULL,  -- when anything was heard last
    until  timestamptz NOT NULL,
    PRIMARY KEY (worker, since)
);
