"""Control: one register of everything that can be set or read while the show runs, and who may set it from where."""
