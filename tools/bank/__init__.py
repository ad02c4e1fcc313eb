"""Drawing and measuring latent banks; held-out seeds."""
