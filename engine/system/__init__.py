"""Operating system and drivers: priorities, disk, CUDA, logging, shutdown."""
