"""The rehearsal of a show: drawn visitors, faults given on purpose, and what is measured meanwhile."""
