"""GAN inversion: retrieval, refinement, bank, clamp."""
