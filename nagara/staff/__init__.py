"""What staff see and do: one request and its moves, what the city tells everybody, live news."""
