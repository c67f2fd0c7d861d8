"""What differs between cities: a typed, frozen schema, a loader, checks, and the data itself."""

from city_config.checks import Finding, check, load_checked
from city_config.configuration import Configuration, ConfigurationError
from city_config.import_mapping import ImportMapping, StateMapping, load_import_mapping
from city_config.loader import load_city, load_configuration
from city_config.schema import City, Department, LadderStep, Network, NetworkCode, Rule, Service, Span
from city_config.texts import Messages, Notification

__all__ = [
    "City",
    "Configuration",
    "ConfigurationError",
    "Department",
    "Finding",
    "ImportMapping",
    "LadderStep",
    "Messages",
    "Network",
    "NetworkCode",
    "Notification",
    "Rule",
    "Service",
    "Span",
    "StateMapping",
    "check",
    "load_checked",
    "load_city",
    "load_configuration",
    "load_import_mapping",
]
