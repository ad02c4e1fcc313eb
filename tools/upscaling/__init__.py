"""How the upscaler of a persona is trained: what it is shown, and the network while it learns."""
