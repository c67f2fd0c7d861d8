"""Everything that one machine without Docker needs to run Nagara: environment, servers, supervisor."""
