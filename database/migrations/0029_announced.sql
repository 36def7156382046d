-- What a discovery message, a birth certificate or a bridge's list said of a device that waits for its registration.
ALTER TABLE waiting_devices ADD COLUMN announced jsonb;
