"""What is measured of a face (MediaPipe mesh -> feature vector); knows no network."""
