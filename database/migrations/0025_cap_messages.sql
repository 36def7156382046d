-- What was published outward, word for word (docs/decisions/0022). A record of its own: it outlives what it speaks of,
-- so it references no incident, and an officer who holds one never waits for a publication.
CREATE TABLE cap_messages (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident    bigint NOT NULL,
    nth         integer NOT NULL,                   -- 1 is the first message about its incident
    identifier  text NOT NULL UNIQUE,               -- CAP 1.2 §3.2.1; with sender and sent what later messages cite
    sender      text NOT NULL,
    sent        timestamptz NOT NULL,               -- whole seconds, never before an earlier number's
    status      text NOT NULL CHECK (status IN ('Actual', 'Exercise', 'System', 'Test')),
    msg_type    text NOT NULL CHECK (msg_type IN ('Alert', 'Update', 'Cancel')),
    predecessor bigint REFERENCES cap_messages,     -- what it updates or cancels; an Alert has none
    expires     timestamptz NOT NULL,
    basis       jsonb NOT NULL,                     -- what it says of the incident: the next look compares with it
    body        text NOT NULL,                      -- the message as XML
    UNIQUE (incident, nth)                          -- two publishers cannot say the same thing twice
);
CREATE INDEX cap_messages_by_expiry ON cap_messages (expires);
CREATE INDEX cap_messages_by_sent ON cap_messages (sent DESC, number DESC);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER cap_messages_append_only BEFORE UPDATE OR DELETE ON cap_messages
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
