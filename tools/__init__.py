"""Commands for artists and maintainers: import, train, adopt, check, measure."""
