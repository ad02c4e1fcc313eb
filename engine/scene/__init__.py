"""Scene YAML -> Scene: files, pass settings, expressions, transitions, library."""
