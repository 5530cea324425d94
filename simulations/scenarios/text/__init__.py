"""The text of a scenario as a person wrote it: reading where things stand, and changing only those."""
