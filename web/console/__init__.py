"""The team's console: one file for each of its pages."""
