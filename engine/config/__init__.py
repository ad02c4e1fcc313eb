"""Configuration: YAML loader, validation, and one file per section of config.yaml."""
