-- Which alarms an alarm of stage 2 rests on (several detectors of a building, a gauge upstream), each in its role:
-- 0 answers it, 1 and 2 are the first and second kind of evidence. From these rows correlation goes on after a restart.
CREATE TABLE alarm_evidence (
    alarm    bigint NOT NULL,
    evidence bigint NOT NULL,
    role     smallint NOT NULL,
    PRIMARY KEY (alarm, evidence, role)
);
CREATE INDEX alarm_evidence_by_evidence ON alarm_evidence (evidence);

-- Warnings of the weather service: while one holds, the limits of the grids it covers are lower (targeted warning).
CREATE TABLE weather_warnings (
    key         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- what deadlines point at
    id          text NOT NULL UNIQUE,               -- the issuer's identifier
    event       text NOT NULL,                      -- rainstorm, flood, heat, wind, ... as the rule files name it
    priority    smallint NOT NULL CHECK (priority BETWEEN 1 AND 4),
    headline    text NOT NULL DEFAULT '',
    grids       text[] NOT NULL,                    -- codes; a warning for a grid is one for everything below it
    from_at     timestamptz NOT NULL,
    until_at    timestamptz NOT NULL,
    source      text NOT NULL,                      -- who issued it: the weather service, or an officer by hand
    status      text NOT NULL DEFAULT 'actual' CHECK (status IN ('actual', 'exercise', 'test')),
    supersedes  text REFERENCES weather_warnings (id), -- the warning that this one updates
    ended_at    timestamptz,                        -- cancelled, updated by another, or run out
    ended_by    text,
    end_reason  text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL,
    actor       text NOT NULL,
    version     integer NOT NULL DEFAULT 1,
    CHECK (until_at > from_at)
);
CREATE INDEX weather_warnings_open ON weather_warnings (until_at) WHERE ended_at IS NULL;
