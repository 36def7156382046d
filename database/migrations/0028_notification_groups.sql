-- What happens at one place goes on for a while: the next message of a group waits, unless it is more urgent than the last.
ALTER TABLE deliveries ADD COLUMN priority smallint NOT NULL DEFAULT 4 CHECK (priority BETWEEN 1 AND 4); -- the most urgent step in it
CREATE INDEX deliveries_by_group ON deliveries (receiver, route, topic, due_at DESC) WHERE kind = 'first';
