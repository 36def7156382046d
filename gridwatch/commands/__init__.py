"""The commands, one file a group; heavy imports stay inside the functions."""
