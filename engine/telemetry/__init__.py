"""Telemetry: the statistics of a show, and the latency of the loop from screen to camera (`--measure-loop`)."""
