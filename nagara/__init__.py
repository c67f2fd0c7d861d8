"""What happens to a request, as a row of modules whose names are the flow."""
