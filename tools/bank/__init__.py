"""Drawing and measuring the bank; held-out seeds."""
