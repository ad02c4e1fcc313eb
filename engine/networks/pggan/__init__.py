"""PG-GAN as published, and its weight files."""
