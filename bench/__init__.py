"""How fast Nagara is, beside the floor of the same machine: the same statements run by pgbench in the same run."""
