-- Readings of long ago share one partition. Each week of its own is two locks in every query over readings: one device with odd clocks made
-- thousands of weeks, and then the whole server was out of shared memory. (TimescaleDB makes its chunks itself.)
DO $$
DECLARE
    oldest timestamptz := date_trunc('week', now()) - interval '208 weeks';  -- four years: more than the default that is kept
    part record;
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        RETURN;
    END IF;
    CREATE TEMP TABLE moved (LIKE readings) ON COMMIT DROP;
    FOR part IN SELECT child.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
                WHERE inhparent = 'readings'::regclass
                  AND to_timestamp(right(child.relname, 8) || '+00', 'YYYYMMDDTZH') < oldest LOOP
        EXECUTE format('INSERT INTO moved SELECT * FROM %I', part.name);
        EXECUTE format('DROP TABLE %I', part.name);
    END LOOP;
    EXECUTE format('CREATE TABLE readings_of_long_ago PARTITION OF readings FOR VALUES FROM (MINVALUE) TO (%L)', oldest);
    INSERT INTO readings SELECT * FROM moved;
    EXECUTE format('CREATE FUNCTION oldest_readings_week() RETURNS timestamptz IMMUTABLE LANGUAGE sql AS %L',
                   format('SELECT %L::timestamptz', oldest));
END $$;

-- As in 0002, but for weeks of long ago.
CREATE OR REPLACE FUNCTION ensure_readings_week(week timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := 'readings_' || to_char(week AT TIME ZONE 'UTC', 'YYYYMMDD');
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') OR to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    IF week < oldest_readings_week() THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF readings FOR VALUES FROM (%L) TO (%L)',
                   name, week, week + interval '7 days');
END $$;

-- As in 0002; of long ago goes what was received before, half a million readings at a time. Gives how many weeks were dropped.
CREATE OR REPLACE FUNCTION drop_old_readings(before timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
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
                    WHERE inhparent = 'readings'::regclass AND child.relname ~ '^readings_\d{8}$'
                      AND to_timestamp(right(child.relname, 8) || '+00', 'YYYYMMDDTZH') + interval '7 days' < before LOOP
            EXECUTE format('SELECT max(received) FROM %I', part.name) INTO newest;
            IF newest IS NULL OR newest < before THEN
                EXECUTE format('DROP TABLE %I', part.name);
                dropped := dropped + 1;
            END IF;
        END LOOP;
        DELETE FROM readings_of_long_ago WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM readings_of_long_ago WHERE time < before AND received < before LIMIT 500000));
    END IF;
    RETURN dropped;
END $$;
