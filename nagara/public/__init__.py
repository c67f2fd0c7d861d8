"""What anybody may see of a request: the rule, the list and map, the feeds."""
