-- Official warnings as they are issued (CAP, 12379): Alert, Update and Cancel are rows each, and what ends what is worked out
-- from the rows, in whatever order they came (decision 0028).
ALTER TABLE weather_warnings
    ALTER COLUMN priority DROP NOT NULL,                   -- null: the issuer does not say how bad it is
    DROP CONSTRAINT weather_warnings_status_check,
    ADD CONSTRAINT weather_warnings_status_check CHECK (status IN ('actual', 'exercise', 'system', 'test', 'draft')),
    ADD COLUMN sender      text NOT NULL DEFAULT '',       -- CAP sender; '' where an officer or a programme gave it
    ADD COLUMN message     text NOT NULL DEFAULT '',       -- the issuer's identifier; parts of one message share it
    ADD COLUMN kind        text NOT NULL DEFAULT 'alert' CHECK (kind IN ('alert', 'update', 'cancel')),
    ADD COLUMN sent        timestamptz,                    -- when it was issued
    ADD COLUMN event_text  text NOT NULL DEFAULT '',       -- the issuer's words
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN refs        text[] NOT NULL DEFAULT '{}',   -- "sender,identifier" of the messages it updates or cancels
    ADD COLUMN thread      text NOT NULL DEFAULT '',       -- without references: it follows whatever is older and has the same
    ADD COLUMN areas       jsonb NOT NULL DEFAULT '[]',    -- where it holds, as issued: shapes (lon, lat) and codes
    ADD COLUMN placed      text NOT NULL DEFAULT 'placed' CHECK (placed IN ('placed', 'elsewhere', 'unknown')),
    ADD COLUMN digest      bytea;                          -- SHA-256 of what was received: the same again changes nothing

CREATE INDEX weather_warnings_by_message ON weather_warnings (sender, message) WHERE sender <> '';
CREATE INDEX weather_warnings_by_refs ON weather_warnings USING gin (refs);
CREATE INDEX weather_warnings_by_thread ON weather_warnings (thread) WHERE thread <> '';

-- Where warnings are fetched from: the watched folder and the feeds, with what became of the last look.
CREATE TABLE weather_feeds (
    name        text PRIMARY KEY,                          -- address without account and query, or "folder"
    looked_at   timestamptz NOT NULL,
    heard_at    timestamptz,                               -- when it last answered: with news, or that there are none
    fault       text NOT NULL DEFAULT '',                  -- why the last look failed; '' when it did not
    documents   bigint NOT NULL DEFAULT 0,                 -- taken in
    refused     bigint NOT NULL DEFAULT 0,
    failures    bigint NOT NULL DEFAULT 0
);
