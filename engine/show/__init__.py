"""Show control: main loop, scene switching, playlist, opening hours, capture."""
