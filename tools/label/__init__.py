"""The wall label: facts of this installation, their words in four languages, and the sheet that they stand on."""
