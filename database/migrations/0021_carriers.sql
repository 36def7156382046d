-- What is not a device can have an alarm too: a place where several detectors spoke, a town's link, our own broker.
-- Its alarm hangs on a row of devices that never reports; every list and count of devices leaves those rows out.
-- The kinds are ingest.carrier_kind.CarrierKind; a test compares them with this list.
ALTER TABLE devices ADD COLUMN is_carrier boolean NOT NULL
    GENERATED ALWAYS AS (kind IN ('place', 'link', 'service')) STORED;
