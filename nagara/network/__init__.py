"""Cities side by side: the network's figures, its tables, and what it refuses."""
