-- Messages without a time of their own that were taken in, batch by batch: a redelivered one is known by them.
CREATE TABLE taken_in (
    worker text NOT NULL,
    batch  bigint NOT NULL,
    marks  bytea NOT NULL,                          -- fingerprints of 12 bytes
    PRIMARY KEY (worker, batch)
);

-- Who spoke as somebody else: counted, bounded by housekeeping.
CREATE TABLE foreign_speakers (
    speaker  text NOT NULL,                         -- the account, the gateway, or the topic it came on
    victim   text NOT NULL,                         -- the device, or the topic that is not the speaker's
    how      text NOT NULL CHECK (how IN ('payload', 'topic', 'gateway')),
    messages bigint NOT NULL DEFAULT 1,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    topic    text NOT NULL DEFAULT '',
    PRIMARY KEY (speaker, victim, how)
) WITH (fillfactor = 70);
CREATE INDEX foreign_speakers_newest ON foreign_speakers (last_at DESC);
