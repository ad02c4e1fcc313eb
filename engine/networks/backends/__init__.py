"""Inference backends of the generator, and their autotuning."""
