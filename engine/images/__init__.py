"""Picture files: one reader for sources, scenes, masks, tools and training."""
