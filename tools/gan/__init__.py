"""Training of a PG-GAN, in parts; `tools.train_gan` is the command."""
