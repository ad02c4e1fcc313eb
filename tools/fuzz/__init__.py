"""Nearly good files of every kind that the mirror reads, and what becomes of them."""
