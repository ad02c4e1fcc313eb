"""Folder of the personas, and the drawn faces held out from every bank."""

from __future__ import annotations

from pathlib import Path

from engine.networks.inversion.latent_bank import SHARD_SEEDS

MODELS = Path(__file__).resolve().parents[2] / "models"
HELD_OUT_SHARD = 20_000  # seeds from ten million up are never in a bank
HELD_OUT_SHARDS = 2
HELD_OUT_SEED, HELD_OUT_SEEDS = HELD_OUT_SHARD * SHARD_SEEDS, HELD_OUT_SHARDS * SHARD_SEEDS
