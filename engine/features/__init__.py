"""Face measurement: MediaPipe mesh -> feature vector. Knows no network."""
