"""Microphone -> level."""
