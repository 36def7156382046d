"""The live feed: everything now and every change after, to every screen, without a gap."""
