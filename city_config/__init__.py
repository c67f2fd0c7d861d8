"""What differs between cities: a typed, frozen schema, a loader, a validator, and the data itself."""

from city_config.loader import Configuration, ConfigurationError, load_city, load_configuration
from city_config.schema import City, Department, LadderStep, Network, NetworkCode, Rule, Service, Span

__all__ = [
    "City",
    "Configuration",
    "ConfigurationError",
    "Department",
    "LadderStep",
    "Network",
    "NetworkCode",
    "Rule",
    "Service",
    "Span",
    "load_city",
    "load_configuration",
]
