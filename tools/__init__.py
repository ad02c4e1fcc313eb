"""What an artist or maintainer runs once: import, train, adopt, check, measure."""
