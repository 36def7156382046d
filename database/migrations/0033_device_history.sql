-- What became of each device, when and by whom. Append-only; the readings keep the grid they were stored with.

ALTER TABLE devices ADD COLUMN replaced_by text;    -- id of the device that took over its place and role

-- The record of a device as history keeps it. What it measures, where it stands, what it hangs on; never what it said.
CREATE FUNCTION device_record(wanted integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'kind', d.kind, 'area', d.area, 'name', d.name, 'lon', d.lon, 'lat', d.lat, 'datum', d.datum,
        'grid', (SELECT g.code FROM grids g WHERE g.key = d.grid), 'building', d.building, 'gateway', d.gateway,
        'moving', d.moving, 'attributes', d.attributes, 'retired', d.retired_at IS NOT NULL,
        'replaced_by', d.replaced_by,
        'metrics', coalesce((
            SELECT jsonb_object_agg(m.name, jsonb_build_object(
                'unit', c.unit, 'interval_s', c.interval_s, 'datum_m', c.datum_m,
                'limits', jsonb_build_array(c.limit_1, c.limit_2, c.limit_3, c.limit_4)))
            FROM device_metrics c JOIN metrics m ON m.key = c.metric WHERE c.device = d.key), '{}'))
    FROM devices d WHERE d.key = wanted
$$;

CREATE TABLE device_history (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device  integer NOT NULL REFERENCES devices ON DELETE CASCADE,
    version integer NOT NULL,                       -- the device's version since
    at      timestamptz NOT NULL,
    what    text NOT NULL CHECK (what IN ('registered', 'changed', 'moved', 'swapped', 'retired', 'returned')),
    way     text NOT NULL CHECK (way IN ('hand', 'file', 'announcement', 'field', 'system')),
    before  jsonb,                                  -- device_record(); NULL: there was none
    after   jsonb NOT NULL,
    actor   text NOT NULL,
    note    text NOT NULL DEFAULT ''                -- the reason that was given; how sure the place is
);
CREATE INDEX device_history_by_device ON device_history (device, id DESC);
CREATE INDEX devices_replaced ON devices (replaced_by) WHERE replaced_by IS NOT NULL;
CREATE INDEX devices_by_gateway ON devices (gateway) WHERE gateway IS NOT NULL;

-- Strangers that somebody looked at and said: not ours. They are heard and counted, and asked about no more.
ALTER TABLE waiting_devices ADD COLUMN hidden_at timestamptz;
ALTER TABLE waiting_devices ADD COLUMN hidden_by text;
ALTER TABLE waiting_devices ADD COLUMN hidden_reason text;
