"""What a training is told, declared once: numbers, small layers, ways to merge, sampling. Values only."""
