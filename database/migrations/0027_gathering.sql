-- When many incidents of one kind open within a minute in one town or village, they are one incident of the town.
-- Until this time alarms of its kind anywhere in it join; NULL: an incident of one place.
ALTER TABLE incidents ADD COLUMN gathers_until timestamptz;
CREATE INDEX incidents_opened ON incidents (opened_at) WHERE state = 'open';
