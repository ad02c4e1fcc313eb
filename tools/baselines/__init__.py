"""Other ways from features to latents, to compare the shipped one with: regressions, and those of the 2019 artwork."""
