"""What a graphics card can do for the mirror: `tools.gpu_report` asks for each part, and says what a machine lacks.

Written on machines without one: none of it has run on a card yet.
"""
