"""Tasks of a few lines: load, call, done. Each is safe to repeat, to kill and to run beside itself."""
