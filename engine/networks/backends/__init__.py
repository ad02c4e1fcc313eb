"""Inference backends of the generator, and autotuning."""
