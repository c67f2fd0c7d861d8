"""The addresses, one file a kind of visitor."""
