"""What the control room costs the show: a flood of OSC, the way of a packet to the wall, an open panel."""
