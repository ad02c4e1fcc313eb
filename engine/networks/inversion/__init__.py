"""GAN inversion: encoders, retrieval, refinement, latent bank, feature clamp."""
