"""Inference backends and autotuning."""
