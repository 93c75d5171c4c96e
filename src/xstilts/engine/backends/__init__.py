"""Where steps are executed: in this process, in child processes."""
