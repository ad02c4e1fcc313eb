"""A visit on a manual clock."""
