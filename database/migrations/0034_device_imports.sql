-- Files of devices that were handed in over HTTP: judged first, registered when somebody who saw the report says so.
CREATE TABLE device_imports (
    id        text PRIMARY KEY,                     -- random
    asked_at  timestamptz NOT NULL,
    actor     text NOT NULL,
    areas     text[] NOT NULL DEFAULT '{}',         -- of the account; empty: the whole county
    file_name text NOT NULL,
    file      bytea,                                -- gone once nothing more is to be done with it
    state     text NOT NULL CHECK (state IN ('reading', 'refused', 'ready', 'registering', 'registered', 'failed',
                                             'discarded')),
    stage     text NOT NULL DEFAULT '',             -- what it is at
    done      integer NOT NULL DEFAULT 0,
    total     integer NOT NULL DEFAULT 0,
    report    jsonb,
    fault     text NOT NULL DEFAULT ''
);
CREATE INDEX device_imports_wanted ON device_imports (asked_at) WHERE state IN ('reading', 'registering');
