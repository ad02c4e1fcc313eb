"""Who is in the data, who is drawn."""
