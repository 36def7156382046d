-- The engine counts intervals in whole microseconds: one of 1e300 s was stored, and no worker could start with it any more.
UPDATE device_metrics SET interval_s = CASE WHEN interval_s > 31622400 AND interval_s <> 'NaN' THEN 31622400 END
WHERE NOT (interval_s > 0 AND interval_s <= 31622400);
ALTER TABLE device_metrics
    ADD CONSTRAINT device_metrics_interval_s_check CHECK (interval_s > 0 AND interval_s <= 31622400);  -- 366 days
