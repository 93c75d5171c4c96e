"""What one command does, without printing: run, plan, report, predict, export, submit, pretrain."""
