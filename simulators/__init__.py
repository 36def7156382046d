"""What pretends: a synthetic county, devices that are pure functions of time, faults, scenarios, and the wire."""
