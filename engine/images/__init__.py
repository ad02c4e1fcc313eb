"""Picture files: the one reader that sources, scenes, masks, tools and training share."""
