"""Config.yaml: loader, validation, one file per section (as frigate/config/)."""
