"""The loops: apply the log, fire due timers, send."""
