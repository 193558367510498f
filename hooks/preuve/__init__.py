"""Documentation whose every command was really run."""
