"""Reports: model cards, JSON, contact sheets."""
