"""Training of a PG-GAN; `tools.train_gan` is the command."""
