-- Rules change under two pairs of eyes (docs/decisions/0021): who proposed what, what a trial showed, who admitted it.
CREATE TABLE rule_proposals (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text            text NOT NULL,
    sha256          text NOT NULL,
    base            integer NOT NULL REFERENCES rule_sets, -- in force when it was proposed: what the text is to replace
    origin          text NOT NULL CHECK (origin IN ('officer', 'file')),
    author          text NOT NULL,
    note            text NOT NULL DEFAULT '',
    state           text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'tried', 'admitted', 'refused', 'withdrawn')),
    created_at      timestamptz NOT NULL,
    trial_asked_at  timestamptz,                    -- a trial is wanted or under way; NULL: none is
    trial_against   integer REFERENCES rule_sets,   -- the rules in force that the trial compares with
    trial_from      timestamptz,
    trial_to        timestamptz,
    tried_at        timestamptz,
    trial_fault     text NOT NULL DEFAULT '',       -- why the last trial came to nothing
    comparison      jsonb,                          -- what changed: the table that a second officer has to see
    comparison_hash text,                           -- names text, base, span and table together
    reviewer        text,                           -- who admitted, refused or withdrew it
    reason          text NOT NULL DEFAULT '',
    decided_at      timestamptz,
    version         integer NOT NULL DEFAULT 1,
    CHECK (state <> 'admitted' OR (reviewer <> author AND comparison_hash IS NOT NULL)),
    CHECK (state NOT IN ('tried', 'admitted') OR comparison IS NOT NULL)
);
CREATE INDEX rule_proposals_wanted ON rule_proposals (trial_asked_at) WHERE trial_asked_at IS NOT NULL;

CREATE TABLE rules_in_force (                       -- append-only: the newest row is what is judged by
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_set integer NOT NULL REFERENCES rule_sets,
    since    timestamptz NOT NULL,
    origin   text NOT NULL CHECK (origin IN ('file', 'proposal')),
    actor    text NOT NULL,
    proposal bigint REFERENCES rule_proposals,
    CHECK ((origin = 'proposal') = (proposal IS NOT NULL))
);

-- A device's limits change by import and by hand; an alarm is explained by those it was raised by.
CREATE TABLE limit_history (
    device     integer NOT NULL REFERENCES devices ON DELETE CASCADE,
    metric     smallint NOT NULL,
    until      timestamptz NOT NULL,                -- our time: they held up to here
    unit       text NOT NULL,
    limit_1    double precision,
    limit_2    double precision,
    limit_3    double precision,
    limit_4    double precision,
    interval_s double precision
);
CREATE INDEX limit_history_by_tag ON limit_history (device, metric, until);

CREATE FUNCTION keep_earlier_limits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO limit_history (device, metric, until, unit, limit_1, limit_2, limit_3, limit_4, interval_s)
    VALUES (old.device, old.metric, clock_timestamp(), old.unit, old.limit_1, old.limit_2, old.limit_3, old.limit_4,
            old.interval_s);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_earlier_limits AFTER UPDATE ON device_metrics FOR EACH ROW
    WHEN ((old.unit, old.limit_1, old.limit_2, old.limit_3, old.limit_4, old.interval_s)
          IS DISTINCT FROM (new.unit, new.limit_1, new.limit_2, new.limit_3, new.limit_4, new.interval_s))
    EXECUTE FUNCTION keep_earlier_limits();
