"""What an output says: chance in it, tables, secrets, and whether two outputs say the same."""
