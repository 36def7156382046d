-- Readings: a TimescaleDB hypertable where the extension can be created, native range partitions otherwise.
-- Both are cut in weeks and dropped by drop_old_readings(); no query elsewhere knows the difference.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS timescaledb;
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'TimescaleDB is not available: native partitions';
END $$;

DO $$
DECLARE
    columns text := 'device   integer NOT NULL,
                     metric   smallint NOT NULL,
                     time     timestamptz NOT NULL,
                     value    double precision NOT NULL,
                     quality  smallint NOT NULL,
                     grid     integer NOT NULL,
                     received timestamptz NOT NULL,
                     PRIMARY KEY (device, metric, time)';
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        EXECUTE 'CREATE TABLE readings (' || columns || ')';
        PERFORM create_hypertable('readings', 'time', chunk_time_interval => interval '7 days');
        ALTER TABLE readings SET (timescaledb.compress, timescaledb.compress_segmentby = 'device, metric');
        PERFORM add_compression_policy('readings', interval '30 days');
    ELSE
        EXECUTE 'CREATE TABLE readings (' || columns || ') PARTITION BY RANGE (time)';
    END IF;
    CREATE INDEX readings_by_received ON readings USING brin (received);
END $$;

-- Make room for readings of the week that begins at `week` (a Monday, UTC). TimescaleDB makes its chunks itself.
CREATE FUNCTION ensure_readings_week(week timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := 'readings_' || to_char(week AT TIME ZONE 'UTC', 'YYYYMMDD');
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') OR to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF readings FOR VALUES FROM (%L) TO (%L)',
                   name, week, week + interval '7 days');
END $$;

-- Drop whole weeks in which nothing was received after `before`; history that was imported lately stays.
CREATE FUNCTION drop_old_readings(before timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    part record;
    newest timestamptz;
    dropped integer := 0;
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        FOR part IN SELECT chunk_schema AS schema, chunk_name AS name, range_start, range_end
                    FROM timescaledb_information.chunks
                    WHERE hypertable_name = 'readings' AND range_end < before LOOP
            EXECUTE format('SELECT max(received) FROM %I.%I', part.schema, part.name) INTO newest;
            IF newest IS NULL OR newest < before THEN
                PERFORM drop_chunks('readings', older_than => part.range_end, newer_than => part.range_start);
                dropped := dropped + 1;
            END IF;
        END LOOP;
    ELSE
        FOR part IN SELECT child.relname AS name FROM pg_inherits
                    JOIN pg_class child ON child.oid = inhrelid
                    WHERE inhparent = 'readings'::regclass
                      AND to_timestamp(right(child.relname, 8) || '+00', 'YYYYMMDDTZH') + interval '7 days' < before LOOP
            EXECUTE format('SELECT max(received) FROM %I', part.name) INTO newest;
            IF newest IS NULL OR newest < before THEN
                EXECUTE format('DROP TABLE %I', part.name);
                dropped := dropped + 1;
            END IF;
        END LOOP;
    END IF;
    RETURN dropped;
END $$;
